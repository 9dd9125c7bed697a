/**
 * Which requests the gateway takes and how each is treated: the configuration under {@code sluice.routes}, validated, and
 * the table that finds the route of a request. Pure: no I/O, no threads.
 */
@NullMarked
package dev.sluice.route;

import org.jspecify.annotations.NullMarked;
