/** One class for each question, and what they have in common. */
@NullMarked
package dev.sluice.loadtest.scenario;

import org.jspecify.annotations.NullMarked;
