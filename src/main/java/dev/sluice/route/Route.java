package dev.sluice.route;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.util.unit.DataSize;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Which requests are taken and how they are treated.
 *
 * @param id its name in the configuration
 * @param path pattern of the paths it takes
 * @param backend where its requests go; a path in it is put in front of the request's
 * @param methods methods it takes; empty: all
 * @param conditions what else must be true of a request
 * @param mode how its requests are answered
 * @param defaultWait in mode async, how long a request that asks for nothing waits for the answer; zero: not at all
 * @param whenFinished how the status of a finished job is answered
 * @param stripPrefix leading segments of the path that the backend does not see
 * @param headerRules header fields that are added and left out
 * @param credentials names, in lower case, of fields that are credentials beside those that are on every route
 * @param consumes media types it takes; empty: all, and none given
 * @param maxRequest largest request body; {@link #UNLIMITED} if there is no limit
 * @param maxResponse largest answer body; {@link #UNLIMITED} if there is no limit
 * @param idempotency whether callers may or must send a key
 * @param keyScope within which a key is the same one
 * @param priority whether the {@code Priority} of clients is listened to
 * @param concurrency calls of the backend at once
 * @param queue jobs of this route that may wait
 * @param rateLimit how much one client may send; null: as much as it likes
 * @param connections the connections to the backend
 * @param connectTimeout longest wait for a connection
 * @param timeout longest attempt, connection included
 * @param idleTimeout longest silence within a streamed answer
 * @param stream whether answers are told piece by piece while they arrive
 * @param retry when and how often to try again
 * @param success statuses that make a job succeeded
 * @param keep how long a finished job stays readable
 */
public record Route(
        String id,
        PathPattern path,
        URI backend,
        Set<String> methods,
        Conditions conditions,
        Mode mode,
        Duration defaultWait,
        WhenFinished whenFinished,
        int stripPrefix,
        HeaderRules headerRules,
        Set<String> credentials,
        List<MediaType> consumes,
        DataSize maxRequest,
        DataSize maxResponse,
        Idempotency idempotency,
        KeyScope keyScope,
        boolean priority,
        Concurrency concurrency,
        int queue,
        @Nullable RateLimit rateLimit,
        Connections connections,
        Duration connectTimeout,
        Duration timeout,
        Duration idleTimeout,
        Stream stream,
        RetryPolicy retry,
        StatusRanges success,
        Duration keep) {

    /** The size of a body that is streamed through and may be as long as it likes. */
    public static final DataSize UNLIMITED = DataSize.ofBytes(Long.MAX_VALUE);

    /** How requests of a route are answered. */
    public enum Mode {
        /** 202, and the answer is fetched later. */
        ASYNC,
        /** The answer if it is there in time, else 202. */
        NEGOTIATE,
        /** The answer, streamed through; no job is made. */
        SYNC
    }

    /** How the status of a finished job is answered. */
    public enum WhenFinished {
        /** 200 with the job. */
        STATUS,
        /** 303 to its result. */
        REDIRECT
    }

    /** Whether an {@code Idempotency-Key} is looked at. */
    public enum Idempotency {
        OPTIONAL,
        REQUIRED,
        OFF
    }

    /** Whether an answer is told piece by piece while it arrives. */
    public enum Stream {
        /** If its media type is that of a stream. */
        AUTO,
        TRUE,
        FALSE
    }

    private static final Set<String> STREAMS = Set.of("text/event-stream", "application/x-ndjson");

    /** Whether an answer of this media type is told piece by piece; null: it names none. */
    public boolean streams(@Nullable String contentType) {
        return switch (stream) {
            case TRUE -> true;
            case FALSE -> false;
            case AUTO ->
                contentType != null
                        && STREAMS.contains(contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT));
        };
    }

    /** The host of the backend, an address of IPv6 in brackets. */
    public String backendHost() {
        return authority().host();
    }

    /** The port of the backend. */
    public int backendPort() {
        int port = authority().port();
        return port >= 0 ? port : isSecure() ? 443 : 80;
    }

    /** Whether the backend is reached over TLS. */
    public boolean isSecure() {
        return "https".equalsIgnoreCase(backend.getScheme());
    }

    private Authority authority() {
        return Objects.requireNonNull(Authority.of(backend));
    }

    /**
     * What the backend is asked for: the target without the first {@code stripPrefix} segments of its path, else exactly
     * as it was sent. It always begins with a slash; slashes that were doubled stay so.
     *
     * @param rawTarget path and query as sent, beginning with a slash
     */
    public String backendTarget(String rawTarget) {
        int begin = 0;
        for (int segment = 0; segment < stripPrefix; segment++) {
            do {
                begin++;
                if (begin >= rawTarget.length() || rawTarget.charAt(begin) == '?') {
                    return "/" + rawTarget.substring(Math.min(begin, rawTarget.length()));
                }
            } while (rawTarget.charAt(begin) != '/');
        }
        return rawTarget.substring(begin);
    }

    /** What the backend does not see of the begin of a target; a slash in its place is not part of it. */
    public String strippedPrefix(String rawTarget) {
        if (stripPrefix == 0) {
            return "";
        }
        String rest = backendTarget(rawTarget);
        if (rawTarget.endsWith(rest)) {
            return rawTarget.substring(0, rawTarget.length() - rest.length());
        }
        int question = rawTarget.indexOf('?');
        return question < 0 ? rawTarget : rawTarget.substring(0, question);
    }
}
