/** Two runs, or two sets of them, side by side. */
@NullMarked
package dev.sluice.loadtest.compare;

import org.jspecify.annotations.NullMarked;
