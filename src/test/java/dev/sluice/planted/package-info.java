/** A gateway in miniature whose classes break the rules of the architecture, to show that the rules find them. */
package dev.sluice.planted;
