package dev.sluice.route;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What can be said of a route under {@code sluice.routes.<id>}, with the defaults. Texts that Spring would convert with a
 * message of its own are taken as they are and read by {@link RouteReader}.
 *
 * @param path path pattern, required
 * @param backend URI of the slow service, required
 * @param methods methods taken; empty: all
 * @param mode how requests are answered
 * @param consumes media types taken; empty: all
 * @param maxRequest largest request body
 * @param maxResponse largest answer body
 * @param idempotency whether callers may or must send an {@code Idempotency-Key}
 * @param concurrency attempts at once on this node
 * @param queue jobs that may wait
 * @param connectTimeout longest wait for a connection
 * @param timeout longest attempt
 * @param attempts tries in all
 * @param backoff shortest wait before another try
 * @param maxBackoff longest wait before another try
 * @param retryOn statuses worth another try
 * @param success statuses that make a job succeeded
 * @param keep how long a finished job stays readable
 */
record RouteProperties(
        @Nullable String path,
        @Nullable String backend,
        @DefaultValue List<String> methods,
        @DefaultValue("async") Mode mode,
        @DefaultValue List<String> consumes,
        @DefaultValue("10MB") DataSize maxRequest,
        @DefaultValue("100MB") DataSize maxResponse,
        @DefaultValue("optional") Route.Idempotency idempotency,
        @DefaultValue("16") int concurrency,
        @DefaultValue("100000") int queue,
        @DefaultValue("5s") Duration connectTimeout,
        @DefaultValue("60s") Duration timeout,
        @DefaultValue("5") int attempts,
        @DefaultValue("1s") Duration backoff,
        @DefaultValue("5m") Duration maxBackoff,

        @DefaultValue({"408", "425", "429", "500", "502", "503", "504"})
        List<String> retryOn,

        @DefaultValue("1xx-3xx") List<String> success,
        @DefaultValue("24h") Duration keep) {

    /** How requests of a route are answered. */
    enum Mode {
        /** 202 at once; the answer is fetched later. */
        ASYNC
    }
}
