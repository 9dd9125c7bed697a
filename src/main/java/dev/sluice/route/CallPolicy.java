package dev.sluice.route;

import dev.sluice.http.MediaTypes;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * How a service is called: where it is, under which limits, and what its response means. That is all a call needs to know;
 * calls made for a route have the route's policy, but nothing here depends on a route.
 *
 * @param id names the meters and the connection pool; calls with the same id share both, the latter as long as it leads to the
 *     same server under the same limits
 * @param target where requests are sent
 * @param headerRules header fields that are added and left out
 * @param concurrency calls at once
 * @param rate calls started in a time; null: no limit
 * @param connections the connections that the calls use
 * @param timeouts how long a call may take
 * @param maxResponse largest response body; {@link Route#UNLIMITED} if there is no limit
 * @param streaming whether a response is told piece by piece while it arrives
 * @param success statuses that make a job succeeded
 * @param retry when and how often to try again
 * @param breaker whether a circuit breaker keeps calls from a backend in trouble
 * @param following whether an operation that the service names in a 202 is followed
 */
public record CallPolicy(
        String id,
        CallTarget target,
        HeaderRules headerRules,
        Concurrency concurrency,
        @Nullable Rate rate,
        Connections connections,
        Timeouts timeouts,
        DataSize maxResponse,
        Streaming streaming,
        StatusRanges success,
        RetryPolicy retry,
        boolean breaker,
        Following following) {

    /** Whether an operation that the service names in a 202 is followed. */
    public enum Following {
        /** The 202 is the response. */
        NONE,
        /** It is polled until it has a response. */
        POLL,
        /** The same, and it is deleted when its job is cancelled. */
        POLL_AND_DELETE
    }

    /** Connections that calls may use at once: those that poll are not counted among the others. */
    public int mostConnections() {
        return following == Following.NONE ? concurrency.perNode() : 2 * concurrency.perNode();
    }

    /** Whether a response is told piece by piece while it arrives. */
    public enum Streaming {
        /** If its media type is that of a stream. */
        AUTO,
        TRUE,
        FALSE
    }

    /** The same policy for calls to another target, which have connections of their own. */
    public CallPolicy withTarget(CallTarget other) {
        return new CallPolicy(
                id,
                other,
                headerRules,
                concurrency,
                rate,
                connections,
                timeouts,
                maxResponse,
                streaming,
                success,
                retry,
                breaker,
                following);
    }

    /** The same policy for calls on other connections. */
    public CallPolicy withConnections(Connections other) {
        return new CallPolicy(
                id,
                target,
                headerRules,
                concurrency,
                rate,
                other,
                timeouts,
                maxResponse,
                streaming,
                success,
                retry,
                breaker,
                following);
    }

    /**
     * Whether the calls are deliveries of callbacks: each job has a target of its own, on a server of its own, so that nothing that
     * one of them meets says anything about the next.
     */
    public boolean deliversCallbacks() {
        return id.equals(Route.CALLBACKS);
    }

    /** Whether a response with this {@code Content-Type} is told piece by piece; null: it has none. */
    public boolean streams(@Nullable String contentType) {
        return switch (streaming) {
            case TRUE -> true;
            case FALSE -> false;
            case AUTO -> contentType != null && MediaTypes.isStream(contentType);
        };
    }
}
