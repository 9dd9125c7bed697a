/** The whole gateway over real HTTP: a test class for each promise, and one for each kind of program that users put around it. */
package dev.sluice.flow;
