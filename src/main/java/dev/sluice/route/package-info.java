/**
 * The routes: which requests the gateway takes, on which terms, and how it calls their backends. Contains the validated
 * configuration under {@code sluice.routes} and the table that finds the route of a request. No I/O, no threads.
 */
@NullMarked
package dev.sluice.route;

import org.jspecify.annotations.NullMarked;
