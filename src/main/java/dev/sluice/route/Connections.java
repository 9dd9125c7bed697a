package dev.sluice.route;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * The connections to a route's backend.
 *
 * @param idle how long an unused one is kept; zero: each carries one request
 * @param life how long one is used; then it is closed after its answer
 * @param maxHeader largest head of an answer
 * @param tls name of the SSL bundle with what this side trusts and is known by; null: the platform's authorities, and
 *     nothing to be known by
 */
public record Connections(
        Duration idle,
        Duration life,
        DataSize maxHeader,
        @Nullable String tls) {}
