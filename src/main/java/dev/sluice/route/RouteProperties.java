package dev.sluice.route;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.ConstructorBinding;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.util.unit.DataSize;

/**
 * What can be said of a route under {@code sluice.routes.<id>}, with the defaults. Texts that Spring would convert with a
 * message of its own are taken as they are and read by {@link RouteReader}.
 *
 * @param path path pattern, required
 * @param backend URI of the slow service, required
 * @param methods methods taken; empty: all
 * @param host condition: the host that requests must be for
 * @param headers condition: name of a field -> regular expression
 * @param mode how requests are answered
 * @param defaultWait in mode async, how long a request waits for its answer (a record can have no component "wait")
 * @param whenFinished how the status of a finished job is answered
 * @param stripPrefix leading segments of the path that the backend does not see
 * @param addRequestHeaders fields that the backend gets in addition
 * @param dropRequestHeaders fields that the backend does not get
 * @param dropResponseHeaders fields that the client does not get
 * @param credentials fields that go with the end of the job, beside those that do on every route
 * @param consumes media types taken; empty: all
 * @param maxRequest largest request body; null: as the mode has it
 * @param maxResponse largest answer body; null: as the mode has it
 * @param idempotency whether callers may or must send an {@code Idempotency-Key}
 * @param idempotencyScope within which a key is the same one
 * @param priority whether the {@code Priority} of clients is listened to
 * @param concurrency calls of the backend at once
 * @param queue jobs that may wait
 * @param rateLimit how much one client may send; null: as much as it likes
 * @param maxResponseHeader largest head of an answer
 * @param idleConnection how long an unused connection is kept; zero: a new one for each request
 * @param connectionLife how long a connection is used
 * @param tls name of the SSL bundle for the backend; null: the platform's authorities
 * @param connectTimeout longest wait for a connection
 * @param timeout longest attempt
 * @param idleTimeout longest silence within a streamed answer
 * @param stream whether answers are told piece by piece
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
        @Nullable String host,
        @DefaultValue Map<String, String> headers,
        @DefaultValue("async") Route.Mode mode,
        @Name("wait") @DefaultValue("0s") Duration defaultWait,
        @DefaultValue("status") Route.WhenFinished whenFinished,
        @DefaultValue("0") int stripPrefix,
        @DefaultValue Map<String, String> addRequestHeaders,
        @DefaultValue List<String> dropRequestHeaders,
        @DefaultValue List<String> dropResponseHeaders,
        @DefaultValue List<String> credentials,
        @DefaultValue List<String> consumes,
        @Nullable DataSize maxRequest,
        @Nullable DataSize maxResponse,
        @DefaultValue("optional") Route.Idempotency idempotency,
        @DefaultValue("caller") String idempotencyScope,
        @DefaultValue("true") boolean priority,
        @DefaultValue("16") Places concurrency,
        @DefaultValue("100000") int queue,
        @Nullable Limit rateLimit,
        @DefaultValue("64KB") DataSize maxResponseHeader,
        @DefaultValue("30s") Duration idleConnection,
        @DefaultValue("10m") Duration connectionLife,
        @Nullable String tls,
        @DefaultValue("5s") Duration connectTimeout,
        @DefaultValue("60s") Duration timeout,
        @DefaultValue("60s") Duration idleTimeout,
        @DefaultValue("auto") Route.Stream stream,
        @DefaultValue("5") int attempts,
        @DefaultValue("1s") Duration backoff,
        @DefaultValue("5m") Duration maxBackoff,

        @DefaultValue({"408", "425", "429", "500", "502", "503", "504"})
        List<String> retryOn,

        @DefaultValue("1xx-3xx") List<String> success,
        @DefaultValue("24h") Duration keep) {

    /**
     * How much one client may send.
     *
     * @param by {@code ip}, or {@code header:} and a name
     * @param limit requests in a time, such as {@code 100/m}
     * @param burst requests at once; null: as many as the limit
     */
    record Limit(
            @Nullable String by,
            @Nullable String limit,
            @Nullable Integer burst) {}

    /**
     * Calls of the backend at once: a number alone is that of each node, one under the key {@code cluster} that of all
     * nodes together.
     *
     * @param perNode the number alone; 0 if it is not that
     * @param cluster the number under the key; null if there is none
     */
    record Places(int perNode, @Nullable Integer cluster) {

        @ConstructorBinding
        Places(@Nullable Integer cluster) {
            this(0, cluster);
        }

        /** Found by name for a number from a properties file, the environment or the command line. */
        public static Places valueOf(String number) {
            return new Places(Integer.parseInt(number.strip()), null);
        }

        /** Found by name for a number from a YAML file. */
        public static Places valueOf(Integer number) {
            return new Places(number, null);
        }
    }
}
