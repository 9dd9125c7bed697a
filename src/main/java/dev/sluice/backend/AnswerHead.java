package dev.sluice.backend;

import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import dev.sluice.job.JobResult;
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
     * Status and end-to-end fields, repeated ones too. {@code Content-Length} is left out: it belongs to the framing of
     * this message, and whoever passes the answer on counts what it sends.
     */
    static JobResult of(HttpClientResponse answer) {
        HttpHeaders received = answer.responseHeaders();
        HopByHop hop = new HopByHop(received.getAll(HttpHeaderNames.CONNECTION));
        List<Header> fields = new ArrayList<>(received.size());
        for (Map.Entry<String, String> field : received) {
            if (!hop.includes(field.getKey())
                    && !HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(field.getKey())) {
                fields.add(new Header(field.getKey(), field.getValue()));
            }
        }
        return new JobResult(answer.status().code(), new Headers(fields));
    }

    /** The length the answer says it has; 0 if it says nothing or has no body anyway (RFC 9110, 8.6). */
    static long declaredLength(String method, HttpClientResponse answer) {
        int status = answer.status().code();
        if (method.equals("HEAD") || status == 204 || status == 304) {
            return 0;
        }
        String length = answer.responseHeaders().get(HttpHeaderNames.CONTENT_LENGTH);
        if (length == null) {
            return 0;
        }
        try {
            return Long.parseLong(length.strip());
        } catch (NumberFormatException e) {
            return 0; // lists of equal lengths and the like: the decoder has judged it, and the body is counted
        }
    }
}
