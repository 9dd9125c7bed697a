package dev.sluice.backend;

import dev.sluice.job.Headers.Header;
import dev.sluice.job.JobRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Set;

/** What the backend sees of the client's header, and what the gateway adds. */
final class OutgoingHeaders {

    /**
     * Fields of the client that are not passed on: the backend has its own {@code Host}, the length is counted anew, and
     * nobody waits for a 100 any more. What a client says of its own origin is not believed.
     */
    private static final Set<String> REPLACED = Set.of("host", "content-length", "expect", "forwarded");

    /** Methods whose meaning expects a body, so that its absence has to be said (RFC 9110, 8.6). */
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

    private OutgoingHeaders() {}

    /**
     * Builds the header of one attempt.
     *
     * @param host the backend's authority
     * @throws IllegalArgumentException if a field of the client could not be sent as one field: line breaks and other
     *     control characters, or a name that is no token
     */
    static HttpHeaders of(BackendRequest request, String host) {
        JobRequest head = request.head();
        HttpHeaders out = new DefaultHttpHeaders(); // validates names and values
        out.add("Host", host);
        HopByHop hop = HopByHop.of(head.headers());
        for (Header field : head.headers().fields()) {
            if (!hop.includes(field.name()) && passes(field.name())) {
                out.add(field.name(), field.value());
            }
        }
        if (request.size() > 0 || WITH_BODY.contains(head.method()) || declaredBody(head)) {
            out.add("Content-Length", Long.toString(request.size()));
        }
        out.add("Via", "1.1 sluice");
        addOrigin(out, head.origin());
        if (!out.contains("Idempotency-Key")) {
            out.add("Idempotency-Key", request.job().toString());
        }
        out.add("Sluice-Job", request.job().toString());
        out.add("Sluice-Attempt", Integer.toString(request.attempt()));
        return out;
    }

    private static boolean passes(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return !REPLACED.contains(lower) && !lower.startsWith("x-forwarded-") && !lower.startsWith("sluice-");
    }

    private static boolean declaredBody(JobRequest head) {
        return head.headers().first("Content-Length").isPresent()
                || head.headers().first("Transfer-Encoding").isPresent();
    }

    private static void addOrigin(HttpHeaders out, JobRequest.Origin origin) {
        out.add("Forwarded", Forwarded.element(origin));
        addIfAny(out, "X-Forwarded-For", Forwarded.plainAddress(origin.client()));
        addIfAny(out, "X-Forwarded-Proto", origin.scheme());
        addIfAny(out, "X-Forwarded-Host", origin.host());
    }

    private static void addIfAny(HttpHeaders out, String name, String value) {
        if (!value.isEmpty()) {
            out.add(name, value);
        }
    }
}
