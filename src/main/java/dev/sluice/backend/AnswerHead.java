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
import reactor.netty.http.client.HttpClientResponse;

/** The head of an answer as it is kept. */
final class AnswerHead {

    private AnswerHead() {}

    /**
     * Status and end-to-end fields, repeated ones too, but for those that the policy leaves out. So is
     * {@code Content-Length}: it belongs to the framing of this message, and whoever passes the answer on counts what it
     * sends; but for an answer to HEAD, where it frames nothing. References are mapped to where clients find what they lead to.
     *
     * @param method that of the request
     * @param target path and query that the client asked the gateway for
     */
    static JobResult of(HttpClientResponse answer, CallPolicy policy, String method, String target) {
        HeaderRules rules = policy.headerRules();
        HttpHeaders received = answer.responseHeaders();
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
        return new JobResult(answer.status().code(), new Headers(fields));
    }

    /** What {@code Content-Length} says; -1 if it is not there. */
    static long length(HttpClientResponse answer) {
        String length = answer.responseHeaders().get(HttpHeaderNames.CONTENT_LENGTH);
        if (length == null) {
            return -1;
        }
        try {
            return Long.parseLong(length.strip());
        } catch (NumberFormatException e) {
            return -1; // lists of equal lengths and the like: the decoder has judged it, and the body is counted
        }
    }

    /** Whether it has no body, whatever its fields say (RFC 9110, 6.4.1). */
    static boolean isBodiless(String method, HttpClientResponse answer) {
        int status = answer.status().code();
        return method.equals("HEAD") || status == 204 || status == 304;
    }
}
