package dev.sluice.backend;

import dev.sluice.http.HopByHop;
import dev.sluice.job.Headers.Header;
import dev.sluice.job.JobRequest;
import dev.sluice.route.CallPolicy;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Set;

/** Builds the header that a backend receives: the client's end-to-end fields and those that the gateway adds. */
final class OutgoingHeaders {

    /**
     * Fields of the client that are replaced: the backend has its own {@code Host}, the length is counted again, and a 100 was
     * sent long ago. The trace context is passed on untouched: the gateway exports no spans, so a parent of its own would be
     * unknown to everybody.
     */
    private static final Set<String> REPLACED = Set.of("host", "content-length", "expect");

    /**
     * Conditions and ranges, which make the response useful for the sender only. (With unsafe methods they are conditions of the
     * change, and are passed on.)
     */
    private static final Set<String> OF_ONE_READER = Set.of("if-none-match", "if-modified-since", "if-range", "range");

    private static final Set<String> READING = Set.of("GET", "HEAD");

    /** Methods for which {@code Max-Forwards} is defined (RFC 9110, 7.6.2). */
    private static final Set<String> COUNTED = Set.of("TRACE", "OPTIONS");

    /** Methods that anticipate a body, so that an empty one is announced (RFC 9110, 8.6). */
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
        if (head.origin().equals(JobRequest.Origin.GATEWAY)) {
            return out;
        }
        out.add("Via", "1.1 sluice");
        Forwarded.add(out, head, policy.target().strippedPrefix(head.target()));
        addJob(out, request);
        return out;
    }

    /**
     * Fields that the gateway sets itself do not pass, nor do they with underscores for hyphens: a backend that turns fields into
     * variables, as CGI does, could not tell them apart.
     */
    private static boolean passes(String name, BackendRequest request) {
        String lower = name.toLowerCase(Locale.ROOT).replace('_', '-');
        if (request.job() != null && speaksForOneReader(lower, request.head().method())) {
            return false;
        }
        return !REPLACED.contains(lower) && !Forwarded.makes(lower) && !lower.startsWith("sluice-");
    }

    /** Whether the field would make a response that is stored for all readers useful for the sender only. */
    private static boolean speaksForOneReader(String name, String method) {
        return name.equals("accept-encoding") || (READING.contains(method) && OF_ONE_READER.contains(name));
    }

    /** A value that is not a number is passed on as it is. */
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
        if (request.trailers()) { // hop-by-hop, so Connection names it (RFC 9110, 10.1.4)
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

    /** Lets the backend recognise repeated attempts; a request that is passed through is sent once. */
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
        if (request.heartbeat() != null) {
            out.add("Sluice-Progress", request.heartbeat().progressUrl());
            out.add("Sluice-Completion", request.heartbeat().completionUrl());
        }
    }
}
