/** The whole gateway over real HTTP, one test class for each promise. */
package dev.sluice.flow;
