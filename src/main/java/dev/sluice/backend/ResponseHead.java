package dev.sluice.backend;

import dev.sluice.http.HopByHop;
import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import dev.sluice.job.JobResult;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.HeaderRules;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.client.HttpClientResponse;

/** Converts the head of a response to the form in which it is stored. */
final class ResponseHead {

    private static final int ACCEPTED = 202;
    private static final int SEE_OTHER = 303;

    private ResponseHead() {}

    /**
     * Keeps status and end-to-end fields, including repeated ones, without those that the policy drops. {@code Content-Length} is
     * dropped except for HEAD: it frames this message, and whoever forwards the response counts what it sends. References are
     * mapped to the gateway.
     *
     * @param method that of the request
     * @param target path and query as the client sent them
     */
    static JobResult of(HttpClientResponse response, CallPolicy policy, String method, String target) {
        return of(response.status().code(), response.responseHeaders(), policy, method, target);
    }

    static JobResult of(int status, HttpHeaders received, CallPolicy policy, String method, String target) {
        HeaderRules rules = policy.headerRules();
        HopByHop hop = HopByHop.of(received);
        boolean framed = !method.equals("HEAD");
        List<Header> fields = new ArrayList<>(received.size());
        for (Map.Entry<String, String> field : received) {
            String name = field.getKey();
            if (!hop.includes(name)
                    && !(framed && HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name))
                    && !name.equalsIgnoreCase("alt-svc")
                    && !rules.dropsResponse(name)) {
                String value = field.getValue();
                fields.add(new Header(
                        name, References.areIn(name) ? References.map(policy.target(), target, value) : value));
            }
        }
        return new JobResult(status, new Headers(fields));
    }

    /** See {@link BackendResponse#elsewhere}. */
    static @Nullable String elsewhere(HttpClientResponse response, CallPolicy policy, String target) {
        int status = response.status().code();
        if (status != ACCEPTED && status != SEE_OTHER) {
            return null;
        }
        HttpHeaders fields = response.responseHeaders();
        String operation = status == ACCEPTED ? fields.get("Operation-Location") : null;
        String named = operation == null ? null : References.absolute(policy.target(), target, operation);
        String location = fields.get("Location");
        return named != null || location == null ? named : References.absolute(policy.target(), target, location);
    }

    /** The value of {@code Content-Length}; -1 if there is none. */
    static long length(HttpClientResponse response) {
        String length = response.responseHeaders().get(HttpHeaderNames.CONTENT_LENGTH);
        if (length == null) {
            return -1;
        }
        try {
            return Long.parseLong(length.strip());
        } catch (NumberFormatException e) {
            return -1; // such as a list of equal lengths: the decoder has checked it, and the body is counted
        }
    }

    /** Whether it never has a body (RFC 9110, 6.4.1). */
    static boolean isBodiless(String method, HttpClientResponse response) {
        int status = response.status().code();
        return method.equals("HEAD") || status == 204 || status == 304;
    }
}
