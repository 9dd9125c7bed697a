package dev.sluice.route;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.springframework.http.MediaType;
import org.springframework.util.unit.DataSize;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Which requests are taken and how they are treated.
 *
 * @param id its name in the configuration
 * @param path pattern of the paths it takes
 * @param methods methods it takes; empty: all
 * @param backend where its requests go; a path in it is put in front of the request's
 * @param concurrency attempts at once on this node
 * @param queue jobs of this route that may wait
 * @param consumes media types it takes; empty: all, and none given
 * @param maxRequest largest request body
 * @param maxResponse largest answer body
 * @param idempotency whether callers may or must send a key
 * @param connectTimeout longest wait for a connection
 * @param timeout longest attempt, connection included
 * @param retry when and how often to try again
 * @param success statuses that make a job succeeded
 * @param keep how long a finished job stays readable
 */
public record Route(
        String id,
        PathPattern path,
        Set<String> methods,
        URI backend,
        int concurrency,
        int queue,
        List<MediaType> consumes,
        DataSize maxRequest,
        DataSize maxResponse,
        Idempotency idempotency,
        Duration connectTimeout,
        Duration timeout,
        RetryPolicy retry,
        StatusRanges success,
        Duration keep) {

    /** Whether an {@code Idempotency-Key} is looked at. */
    public enum Idempotency {
        OPTIONAL,
        REQUIRED,
        OFF
    }
}
