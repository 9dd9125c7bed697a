/**
 * Applies changed routes while the gateway runs, on demand and when the files change that they come from. A configuration with
 * which the gateway would not start is refused and changes nothing.
 */
@NullMarked
package dev.sluice.reload;

import org.jspecify.annotations.NullMarked;
