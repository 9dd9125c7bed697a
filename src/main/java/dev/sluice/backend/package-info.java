/**
 * Port 2, one call of the slow service. What a backend does, good or bad, is a value ({@link dev.sluice.backend.Outcome});
 * an error signal means a mistake of the gateway.
 */
@NullMarked
package dev.sluice.backend;

import org.jspecify.annotations.NullMarked;
