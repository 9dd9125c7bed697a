/**
 * Port 2, one call of a slow service. What the service does, good or bad, is a value ({@link dev.sluice.backend.Outcome}); an
 * error signal means a bug of the gateway. A call is described by its {@link dev.sluice.route.CallPolicy}; routes are unknown
 * here.
 */
@NullMarked
package dev.sluice.backend;

import org.jspecify.annotations.NullMarked;
