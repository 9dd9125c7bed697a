package dev.sluice.route;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * On which terms a route admits a request, and how it is answered.
 *
 * @param mode how requests are answered
 * @param defaultWait in mode async, how long a request without a preference waits for the response; zero: not at all
 * @param whenFinished how the status of a finished job is answered
 * @param maxRequest largest request body; {@link Route#UNLIMITED} if there is no limit
 * @param idempotency whether clients may or must send a key
 * @param keyScope within which a key is the same one
 * @param priority whether the {@code Priority} of clients is used
 * @param credentials names, in lower case, of fields that are credentials in addition to those of every route
 * @param queue jobs of the route that may wait; in mode sync, requests that may wait for a connection
 * @param rateLimit how much one client may send; null: no limit
 * @param fairBy the field by whose values jobs take turns, in lower case; null: none
 * @param keep how long a finished job stays readable
 */
public record AdmissionPolicy(
        Mode mode,
        Duration defaultWait,
        WhenFinished whenFinished,
        DataSize maxRequest,
        Idempotency idempotency,
        KeyScope keyScope,
        boolean priority,
        Set<String> credentials,
        int queue,
        @Nullable RateLimit rateLimit,
        @Nullable String fairBy,
        Duration keep) {

    /** How requests are answered. */
    public enum Mode {
        /** 202, and the response is fetched later. */
        ASYNC,
        /** The response if it is there in time, else 202. */
        NEGOTIATE,
        /** The response, streamed through; no job is made. */
        SYNC
    }

    /** How the status of a finished job is answered. */
    public enum WhenFinished {
        /** 200 with the job. */
        STATUS,
        /** 303 to its result. */
        REDIRECT
    }

    /** Whether {@code Idempotency-Key} is used. */
    public enum Idempotency {
        OPTIONAL,
        REQUIRED,
        OFF
    }

    public AdmissionPolicy {
        credentials = Set.copyOf(credentials);
    }
}
