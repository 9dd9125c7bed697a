package dev.sluice.backend;

import dev.sluice.job.Failure;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.SslClosedEngineException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.AbortedException;
import reactor.netty.internal.shaded.reactor.pool.PoolShutdownException;

/**
 * A failure of the backend, as a signal within a pipeline. Its text is the gateway's own, because the messages of libraries
 * contain addresses and class names. It has no stack trace: it is not a bug of the gateway, and an outage causes many.
 */
final class BackendFailure extends RuntimeException {

    private final transient Failure failure;
    private final boolean connectionLost;

    private BackendFailure(Problem problem, String detail, @Nullable Throwable cause) {
        this(problem, detail, problem.retryable(), false, cause);
    }

    private BackendFailure(
            Problem problem, String detail, boolean retryable, boolean connectionLost, @Nullable Throwable cause) {
        super(detail, cause, false, false);
        this.failure = new Failure(problem, detail, retryable);
        this.connectionLost = connectionLost;
    }

    /** Whether the connection was lost, as opposed to an invalid response on it. */
    boolean connectionLost() {
        return connectionLost;
    }

    Failure failure() {
        return failure;
    }

    /** Whether the backend refused the TLS handshake, which it can do after the first bytes of a request were sent (TLS 1.3). */
    boolean handshakeFailed() {
        Throwable cause = getCause();
        return cause instanceof SSLHandshakeException
                || (cause != null && cause.getCause() instanceof SSLHandshakeException);
    }

    /**
     * The outcome of the call.
     *
     * @param sent as in {@link Outcome.Failed}
     */
    <T> Outcome<T> outcome(boolean sent) {
        return new Outcome.Failed<>(failure, sent);
    }

    static BackendFailure tooLarge(long most) {
        return new BackendFailure(
                Problem.BACKEND_ANSWER_TOO_LARGE,
                "The backend's answer is larger than the " + most + " bytes that the route takes (max-response).",
                null);
    }

    static BackendFailure headTooLarge(int most) {
        return new BackendFailure(
                Problem.BACKEND_ANSWER_TOO_LARGE,
                "The head of the backend's answer is larger than the " + most
                        + " bytes that the route takes (max-response-header).",
                null);
    }

    static BackendFailure notHttp() {
        return new BackendFailure(Problem.BACKEND_PROTOCOL_ERROR, "The backend's answer is not valid HTTP.", null);
    }

    static BackendFailure badFraming() {
        return new BackendFailure(
                Problem.BACKEND_PROTOCOL_ERROR, "The chunks of the backend's answer are not valid HTTP.", null);
    }

    /** Retryable, because another connection is not affected. */
    static BackendFailure leftOver() {
        return new BackendFailure(
                Problem.BACKEND_PROTOCOL_ERROR,
                "Where the backend's answer was expected there was more of an earlier one.",
                true,
                true,
                null);
    }

    static BackendFailure cutShort() {
        return cutShort(null);
    }

    /** The only invalid response that is retryable. */
    private static BackendFailure cutShort(@Nullable Throwable cause) {
        return new BackendFailure(
                Problem.BACKEND_PROTOCOL_ERROR, "The backend's answer was cut short.", true, false, cause);
    }

    static BackendFailure late(Duration timeout, boolean connected) {
        return connected
                ? new BackendFailure(
                        Problem.BACKEND_TIMEOUT,
                        "The backend's answer was not complete within the route's timeout of " + timeout.toMillis()
                                + " ms.",
                        null)
                : new BackendFailure(
                        Problem.BACKEND_UNREACHABLE,
                        "There was no connection to the backend within the route's timeout of " + timeout.toMillis()
                                + " ms.",
                        null);
    }

    static BackendFailure unanswered(Duration timeout) {
        return new BackendFailure(
                Problem.BACKEND_TIMEOUT,
                "The backend did not begin to answer within the route's timeout of " + timeout.toMillis()
                        + " ms after it had taken the last piece of the request.",
                null);
    }

    static BackendFailure silent(Duration idle) {
        return new BackendFailure(
                Problem.BACKEND_TIMEOUT,
                "The backend's answer made no progress within the route's idle-timeout of " + idle.toMillis() + " ms.",
                null);
    }

    static BackendFailure busy(String why) {
        return new BackendFailure(
                Problem.QUEUE_FULL,
                "All connections to the backend are in use and " + why + "; nothing was sent.",
                null);
    }

    static BackendFailure badStatus(int status) {
        return new BackendFailure(
                Problem.BACKEND_PROTOCOL_ERROR,
                "The backend answered with status " + status + ", which is not a final status of HTTP.",
                null);
    }

    /**
     * What an error before the head of a response means; null if neither the backend caused it nor the end of the pool of a receiver
     * of callbacks, which is closed when it is idle, perhaps just when a call has found it. Other pools are closed without calls.
     *
     * @param policy of the call
     */
    static @Nullable BackendFailure beforeAnswer(Throwable error, CallPolicy policy) {
        if (error instanceof BackendFailure known) {
            return known;
        }
        if (error instanceof TimeoutException) { // only the connection pool signals these
            return busy("none became free in time");
        } else if (error instanceof PublicAddresses.RefusedException) {
            return unreachable("The host has no address that may be connected to: only public ones are.", error);
        } else if (error instanceof UnknownHostException) {
            return unreachable("The backend's host name could not be resolved.", error);
        } else if (error instanceof ConnectTimeoutException) {
            return unreachable("There was no connection to the backend within the route's connect-timeout.", error);
        } else if (error instanceof ConnectException) {
            return unreachable("The backend refused the connection or is not there.", error);
        } else if (error instanceof SslClosedEngineException) { // it was secure, until the backend closed it
            return closed(error);
        } else if (error instanceof SSLException || error.getCause() instanceof SSLException) {
            return unreachable("No secure connection to the backend could be made (TLS).", error);
        } else if (error instanceof IOException || error instanceof AbortedException) {
            return closed(error);
        } else if (error instanceof PoolShutdownException && policy.deliversCallbacks()) {
            return closed(error);
        }
        return null;
    }

    /** What an error within the body of a response means; null if the backend did not cause it. */
    static @Nullable BackendFailure duringAnswer(Throwable error) {
        if (error instanceof BackendFailure known) {
            return known;
        }
        boolean broken = error instanceof IOException
                || error instanceof AbortedException
                || error.getCause() instanceof SSLException; // what Netty's decoder wraps
        return broken ? cutShort(error) : null;
    }

    private static BackendFailure closed(Throwable cause) {
        return new BackendFailure(
                Problem.BACKEND_UNREACHABLE, "The backend closed the connection without an answer.", true, true, cause);
    }

    private static BackendFailure unreachable(String detail, Throwable cause) {
        return new BackendFailure(Problem.BACKEND_UNREACHABLE, detail, cause);
    }
}
