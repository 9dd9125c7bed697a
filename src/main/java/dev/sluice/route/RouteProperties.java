package dev.sluice.route;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.bind.ConstructorBinding;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.util.unit.DataSize;

/**
 * The keys under {@code sluice.routes.<id>} and their defaults. {@link RouteReader} converts the values that are bound as
 * text here, so that the message about a wrong one names the key and what was expected. The descriptions below are also
 * what editors show: the annotation has them written into the configuration metadata.
 *
 * @param path Path pattern of the requests that the route takes. Required.
 * @param backend URI of the backend; a path in it is prepended to the request's. Required.
 * @param methods Methods that the route takes; all if empty. Others are answered with 405.
 * @param host Host that requests must be for, such as example.org or *.example.org.
 * @param headers Conditions by header name; one value of each header must match the regular expression as a whole.
 * @param mode Whether requests become jobs that are answered with 202, are waited for, or are passed through.
 * @param defaultWait How long a request waits for its response before the 202, in mode async.
 * @param whenFinished How the status of a finished job is answered, with the job or with a redirect to its result.
 * @param stripPrefix Number of leading path segments that are removed before the backend is called.
 * @param addRequestHeaders Headers added to the request that the backend gets.
 * @param dropRequestHeaders Headers removed from the request that the backend gets.
 * @param dropResponseHeaders Headers removed from the response that the client gets.
 * @param credentials Request headers erased when the job ends, in addition to sluice.journal.credentials.
 * @param consumes Media types that the route takes; all if empty. Others are answered with 415.
 * @param maxRequest Largest request body. 10MB unless set, unlimited in mode sync.
 * @param maxResponse Largest response body. 100MB unless set, unlimited in mode sync.
 * @param idempotency Whether clients may or must send an Idempotency-Key.
 * @param idempotencyScope Scope in which an idempotency key is unique, caller, route or header:(name).
 * @param priority Whether the Priority header of clients is honoured.
 * @param concurrency Calls of the backend at once on each node, found between the keys min and max, or on all nodes together
 *     with the key cluster.
 * @param rate Calls of the backend started in a time on each node, such as 50/s, or on all nodes together with the key cluster.
 * @param queue Jobs that may wait, or requests that may wait for a connection in mode sync. Beyond it, 503.
 * @param rateLimit Limits of the requests and of the unfinished jobs of each client; unlimited unless set.
 * @param maxResponseHeader Largest response header section.
 * @param idleConnection How long an unused connection to the backend is kept; 0s opens one for each request.
 * @param connectionLife How long a connection is used before it is closed after a response.
 * @param tls Name of the Spring SSL bundle for the backend; the platform's authorities unless set.
 * @param connectTimeout Longest wait for a connection to the backend.
 * @param timeout Longest attempt; of a streamed response, the longest wait until it begins.
 * @param idleTimeout Longest silence within a streamed response.
 * @param stream Whether responses are delivered piece by piece as output events.
 * @param attempts Attempts in all; 1 means at most once.
 * @param backoff Shortest backoff before another attempt.
 * @param maxBackoff Longest backoff before another attempt.
 * @param retryOn Statuses that are retried.
 * @param maxHold Longest that a Retry-After of the backend is obeyed.
 * @param giveUp How long after its acceptance a job waits for a backend that cannot be reached or asks for time.
 * @param breaker Whether a circuit breaker keeps calls from a backend that is unreachable or failing. Not in mode sync.
 * @param success Statuses with which a job has succeeded, such as 2xx, 304 or 400-404.
 * @param follow Whether the operation that a backend names in a 202 is polled until it has a response.
 * @param followCancel Whether cancelling a job sends a DELETE to the operation that is followed for it.
 * @param fairBy Request header by whose values jobs are started in turns; unset, the order is that of acceptance.
 * @param keep How long a finished job can be read.
 */
@ConfigurationPropertiesSource
record RouteProperties(
        @Nullable String path,
        @Nullable String backend,
        @DefaultValue List<String> methods,
        @Nullable String host,
        @DefaultValue Map<String, String> headers,
        @DefaultValue("async") AdmissionPolicy.Mode mode,
        @Name("wait") @DefaultValue("0s") Duration defaultWait,
        @DefaultValue("status") AdmissionPolicy.WhenFinished whenFinished,
        @DefaultValue("0") int stripPrefix,
        @DefaultValue Map<String, String> addRequestHeaders,
        @DefaultValue List<String> dropRequestHeaders,
        @DefaultValue List<String> dropResponseHeaders,
        @DefaultValue List<String> credentials,
        @DefaultValue List<String> consumes,
        @Nullable DataSize maxRequest,
        @Nullable DataSize maxResponse,
        @DefaultValue("optional") AdmissionPolicy.Idempotency idempotency,
        @DefaultValue("caller") String idempotencyScope,
        @DefaultValue("true") boolean priority,
        @DefaultValue("16") ConcurrencyValue concurrency,
        @Nullable RateValue rate,
        @DefaultValue("100000") int queue,
        @Nullable Limit rateLimit,
        @DefaultValue("64KB") DataSize maxResponseHeader,
        @DefaultValue("30s") Duration idleConnection,
        @DefaultValue("10m") Duration connectionLife,
        @Nullable String tls,
        @DefaultValue("5s") Duration connectTimeout,
        @DefaultValue("60s") Duration timeout,
        @DefaultValue("60s") Duration idleTimeout,
        @DefaultValue("auto") CallPolicy.Streaming stream,
        @DefaultValue("5") int attempts,
        @DefaultValue("1s") Duration backoff,
        @DefaultValue("5m") Duration maxBackoff,

        @DefaultValue({"408", "425", "429", "500", "502", "503", "504"})
        List<String> retryOn,

        @DefaultValue("15m") Duration maxHold,
        @DefaultValue("24h") Duration giveUp,
        @DefaultValue("true") boolean breaker,
        @DefaultValue("1xx-3xx") List<String> success,
        @DefaultValue("false") boolean follow,
        @DefaultValue("false") boolean followCancel,
        @Nullable String fairBy,
        @DefaultValue("24h") Duration keep) {

    /**
     * The rate limit of one client.
     *
     * @param by What identifies a client, ip, header:(name) or caller.
     * @param limit Requests per second, minute, hour or day, such as 100/m.
     * @param burst Requests at once; the limit unless set.
     * @param inFlight Unfinished jobs of a client; unlimited unless set. Not in mode sync.
     */
    record Limit(
            @Nullable String by,
            @Nullable String limit,
            @Nullable Integer burst,
            @Nullable Integer inFlight) {}

    /**
     * Calls of the backend at once: a number alone is that of each node, one under the key {@code cluster} that of all
     * nodes together.
     *
     * @param perNode The number alone; 0 if it is not that.
     * @param cluster Calls of the backend at once on all nodes together. Not in mode sync.
     * @param min Fewest calls of the backend at once on each node, whose limit is found; 1 unless set. Not in mode sync.
     * @param max Most calls of the backend at once on each node, whose limit is found; 256 unless set. Not in mode sync.
     */
    record ConcurrencyValue(
            int perNode,
            @Nullable Integer cluster,
            @Nullable Integer min,
            @Nullable Integer max) {

        @ConstructorBinding
        ConcurrencyValue(@Nullable Integer cluster, @Nullable Integer min, @Nullable Integer max) {
            this(0, cluster, min, max);
        }

        /** Found by name for a number from a properties file, the environment or the command line. */
        public static ConcurrencyValue valueOf(String number) {
            return valueOf(Integer.valueOf(number.strip()));
        }

        /** Found by name for a number from a YAML file. */
        public static ConcurrencyValue valueOf(Integer number) {
            return new ConcurrencyValue(number, null, null, null);
        }
    }

    /**
     * Calls of the backend started in a time: a text alone is for each node, as is one under the key {@code limit}; one under the
     * key {@code cluster} is for all nodes together.
     *
     * @param nested Whether it is not a text alone.
     * @param limit Calls of the backend started in a time on each node, such as 50/s. Not in mode sync.
     * @param cluster Calls of the backend started in a time on all nodes together, such as 50/s. Not in mode sync.
     * @param burst Calls of the backend started at once after a pause; unless set those of 20 ms, at least 1.
     */
    record RateValue(
            boolean nested,
            @Nullable String limit,
            @Nullable String cluster,
            @Nullable Integer burst) {

        @ConstructorBinding
        RateValue(@Nullable String limit, @Nullable String cluster, @Nullable Integer burst) {
            this(true, limit, cluster, burst);
        }

        /** Found by name for a text. */
        public static RateValue valueOf(String text) {
            return new RateValue(false, text.strip(), null, null);
        }
    }
}
