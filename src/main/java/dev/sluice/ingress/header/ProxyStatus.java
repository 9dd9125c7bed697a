package dev.sluice.ingress.header;

import dev.sluice.job.Failure;
import dev.sluice.job.Problem;
import io.netty.util.AsciiString;
import java.util.EnumMap;
import java.util.Map;

/**
 * The {@code Proxy-Status} field (RFC 9209) of a problem that the gateway returns in place of a response of the backend, so that
 * clients can tell the two apart. The error is the registered type that fits best, the details are the problem's name.
 */
public final class ProxyStatus {

    public static final AsciiString NAME = AsciiString.cached("Proxy-Status");

    /** For a problem that has no name, which is one of filters, not of the backend. */
    public static final AsciiString UNNAMED = AsciiString.cached("sluice; error=proxy_internal_response");

    private static final Map<Problem, AsciiString> VALUES = new EnumMap<>(Problem.class);

    static {
        for (Problem problem : Problem.values()) {
            VALUES.put(problem, value(error(problem), problem));
        }
    }

    private static final AsciiString CUT_SHORT = value("http_response_incomplete", Problem.BACKEND_PROTOCOL_ERROR);

    private ProxyStatus() {}

    public static AsciiString of(Failure failure) {
        if (failure.problem() == Problem.BACKEND_PROTOCOL_ERROR && failure.retryable()) {
            return CUT_SHORT; // the only kind of it that is retried
        }
        AsciiString value = VALUES.get(failure.problem());
        return value == null ? AsciiString.EMPTY_STRING : value; // never: all have one
    }

    private static AsciiString value(String error, Problem problem) {
        return new AsciiString("sluice; error=" + error + "; details=\"" + problem.text() + "\"");
    }

    private static String error(Problem problem) {
        return switch (problem) {
            case BACKEND_UNREACHABLE -> "destination_unavailable";
            case BACKEND_TIMEOUT, DEADLINE_EXCEEDED -> "http_response_timeout";
            case BACKEND_PROTOCOL_ERROR, BACKEND_STATUS -> "http_protocol_error";
            case BACKEND_ANSWER_TOO_LARGE -> "http_response_body_size";
            case OUTCOME_UNKNOWN -> "connection_terminated";
            case ROUTE_GONE, NO_ROUTE -> "destination_not_found";
            case RATE_LIMITED, CALLBACK_REFUSED, WRONG_TOKEN -> "http_request_denied";
            case QUEUE_FULL, DEADLINE_UNATTAINABLE, DRAINING, JOURNAL_UNAVAILABLE, JOB_CANCELLED, JOB_EXPIRED, NO_JOB ->
                "proxy_internal_response";
            case INTERNAL_ERROR -> "proxy_internal_error";
            default -> "http_request_error"; // what the client did wrong
        };
    }
}
