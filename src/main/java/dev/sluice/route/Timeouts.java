package dev.sluice.route;

import java.time.Duration;

/**
 * How long a call may take.
 *
 * @param connect longest wait for a connection to open
 * @param attempt longest attempt, connection included; of a streamed response, until it begins
 * @param idle longest silence within a streamed response
 */
public record Timeouts(Duration connect, Duration attempt, Duration idle) {}
