package dev.sluice.backend;

import dev.sluice.http.HopByHop;
import dev.sluice.job.Headers.Header;
import dev.sluice.job.JobRequest;
import dev.sluice.route.CallPolicy;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Set;

/** What the backend sees of the client's header, and what the gateway adds. */
final class OutgoingHeaders {

    /**
     * Fields of the client that are not passed on as they are: the backend has its own {@code Host}, the length is counted
     * anew, and nobody waits for a 100 any more. The trace context is passed on untouched: no span of the gateway is
     * exported, so a parent of its own making would be one that nobody has.
     */
    private static final Set<String> REPLACED = Set.of("host", "content-length", "expect");

    /**
     * Fields of a request that ask for what is new or a part, and so speak for its sender alone. (Of methods that change
     * something they are conditions of the change.)
     */
    private static final Set<String> OF_ONE_READER = Set.of("if-none-match", "if-modified-since", "if-range", "range");

    private static final Set<String> READING = Set.of("GET", "HEAD");

    /** Methods whose requests count the intermediaries they pass (RFC 9110, 7.6.2). */
    private static final Set<String> COUNTED = Set.of("TRACE", "OPTIONS");

    /** Methods whose meaning expects a body, so that its absence has to be said (RFC 9110, 8.6). */
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

    private OutgoingHeaders() {}

    /**
     * Builds the header of one request.
     *
     * @param policy which fields are added and left out, and where the request is sent
     * @throws IllegalArgumentException if a field of the client could not be sent as one field: line breaks and other
     *     control characters, or a name that is no token
     */
    static HttpHeaders of(BackendRequest request, CallPolicy policy) {
        JobRequest head = request.head();
        HttpHeaders out = new DefaultHttpHeaders(); // validates names and values
        out.add("Host", policy.target().authority());
        HopByHop hop = HopByHop.of(head.headers().all("Connection"));
        for (Header field : head.headers().fields()) {
            String name = field.name();
            if (!hop.includes(name)
                    && passes(name, request)
                    && !policy.headerRules().dropsRequest(name)) {
                out.add(name, field.value());
            }
        }
        if (COUNTED.contains(head.method())) {
            countDown(out);
        }
        policy.headerRules().addRequest().forEach(out::set);
        addFraming(out, request);
        addConnection(out, request, policy.connections().idle().isZero());
        out.add("Via", "1.1 sluice");
        Forwarded.add(out, head, policy.target().strippedPrefix(head.target()));
        addJob(out, request);
        return out;
    }

    /**
     * Not what the gateway says itself, with underscores neither: a backend that makes variables of fields, as CGI does,
     * could not tell the client's from ours.
     */
    private static boolean passes(String name, BackendRequest request) {
        String lower = name.toLowerCase(Locale.ROOT).replace('_', '-');
        if (request.job() != null && speaksForOneReader(lower, request.head().method())) {
            return false;
        }
        return !REPLACED.contains(lower) && !Forwarded.makes(lower) && !lower.startsWith("sluice-");
    }

    /** Whether the answer would be good for the sender only, where it is stored and read by anybody who knows the job. */
    private static boolean speaksForOneReader(String name, String method) {
        return name.equals("accept-encoding") || (READING.contains(method) && OF_ONE_READER.contains(name));
    }

    /** What is no number is nobody's count. */
    private static void countDown(HttpHeaders out) {
        String hops = out.get("Max-Forwards", "");
        if (!hops.isEmpty() && hops.length() <= 9 && hops.chars().allMatch(c -> c >= '0' && c <= '9')) {
            out.set("Max-Forwards", Integer.toString(Math.max(0, Integer.parseInt(hops) - 1)));
        }
    }

    private static void addFraming(HttpHeaders out, BackendRequest request) {
        JobRequest head = request.head();
        if (request.size() < 0) {
            out.add("Transfer-Encoding", "chunked");
        } else if (request.size() > 0 || WITH_BODY.contains(head.method()) || declaredBody(head)) {
            out.add("Content-Length", Long.toString(request.size()));
        }
    }

    private static void addConnection(HttpHeaders out, BackendRequest request, boolean last) {
        if (request.trailers()) { // of this connection, and therefore named as such (RFC 9110, 10.1.4)
            out.add("TE", "trailers");
        }
        if (request.trailers() || last) {
            out.add("Connection", !last ? "TE" : request.trailers() ? "TE, close" : "close");
        }
    }

    private static boolean declaredBody(JobRequest head) {
        return head.headers().first("Content-Length").isPresent()
                || head.headers().first("Transfer-Encoding").isPresent();
    }

    /** What tells the backend that it may have seen this before; a request that is passed through comes once. */
    private static void addJob(HttpHeaders out, BackendRequest request) {
        if (request.job() == null) {
            return;
        }
        String job = request.job().toString();
        if (!out.contains("Idempotency-Key")) {
            out.add("Idempotency-Key", job);
        }
        out.add("Sluice-Job", job);
        out.add("Sluice-Attempt", Integer.toString(request.attempt()));
        if (request.lifeline() != null) {
            out.add("Sluice-Progress", request.lifeline().progressUrl());
        }
    }
}
