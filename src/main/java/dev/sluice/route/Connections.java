package dev.sluice.route;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * The connections that calls use; there are as many as {@link Concurrency#perNode}.
 *
 * @param maxPending calls that may wait for one
 * @param idle how long an unused one is kept; zero: each carries one request
 * @param life how long one is used; then it is closed after its response
 * @param maxHeader largest head of a response
 * @param tls name of the SSL bundle with the trust store and the client certificate; null: the platform's authorities and
 *     no certificate
 * @param publicOnly whether only addresses of the public internet are connected to, see {@code backend}
 */
public record Connections(
        int maxPending,
        Duration idle,
        Duration life,
        DataSize maxHeader,
        @Nullable String tls,
        boolean publicOnly) {}
