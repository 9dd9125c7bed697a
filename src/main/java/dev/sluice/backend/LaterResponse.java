package dev.sluice.backend;

import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.route.CallPolicy;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A response that its backend sends by a request of its own: the fields of that request are those of the response. */
public final class LaterResponse {

    /** Fields that a client sends with any request, about itself, the request, or what it would like to receive. */
    private static final Set<String> OF_REQUESTS = Set.of(
            "accept",
            "accept-charset",
            "accept-encoding",
            "accept-language",
            "authorization",
            "cookie",
            "expect",
            "forwarded",
            "from",
            "host",
            "idempotency-key",
            "max-forwards",
            "origin",
            "prefer",
            "priority",
            "referer",
            "te",
            "traceparent",
            "tracestate",
            "upgrade-insecure-requests",
            "user-agent",
            "via");

    private LaterResponse() {}

    /**
     * Returns the head in the form in which it is stored, as that of any response to the call.
     *
     * @param received the fields of the backend's request
     * @param request the request that is answered
     */
    public static JobResult head(int status, HttpHeaders received, CallPolicy policy, JobRequest request) {
        HttpHeaders fields =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        for (Map.Entry<String, String> field : received) {
            String name = field.getKey().toLowerCase(Locale.ROOT);
            if (!OF_REQUESTS.contains(name)
                    && !name.startsWith("sluice-")
                    && !name.startsWith("x-forwarded-")
                    && !name.startsWith("sec-")) {
                fields.add(field.getKey(), field.getValue());
            }
        }
        return ResponseHead.of(
                status, fields, policy, "GET", request.target()); // the length is that of the body that comes
    }

    /** Whether a response to the request never has a body (RFC 9110, 6.4.1). */
    public static boolean isBodiless(int status, JobRequest request) {
        return request.method().equals("HEAD") || status == 204 || status == 304;
    }
}
