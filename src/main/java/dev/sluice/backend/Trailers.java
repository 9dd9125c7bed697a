package dev.sluice.backend;

import dev.sluice.http.HopByHop;
import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import dev.sluice.route.HeaderRules;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Reads the trailers of a response. */
final class Trailers {

    /**
     * Fields that are not allowed as trailers, because framing, routing, authentication or the handling of the body depend on
     * them (RFC 9110, 6.5.1).
     */
    private static final Set<String> TOO_LATE = Set.of(
            "age",
            "alt-svc",
            "authorization",
            "cache-control",
            "content-encoding",
            "content-length",
            "content-range",
            "content-type",
            "date",
            "expires",
            "host",
            "location",
            "retry-after",
            "set-cookie",
            "vary",
            "warning",
            "www-authenticate");

    private Trailers() {}

    /** The end-to-end fields, without those that the rules drop. */
    static Headers of(HttpHeaders received, HeaderRules rules) {
        if (received.isEmpty()) {
            return Headers.NONE;
        }
        List<Header> fields = new ArrayList<>(received.size());
        for (Map.Entry<String, String> field : received) {
            String name = field.getKey();
            if (!HopByHop.isAlways(name)
                    && !TOO_LATE.contains(name.toLowerCase(Locale.ROOT))
                    && !rules.dropsResponse(name)) {
                fields.add(new Header(name, field.getValue()));
            }
        }
        return new Headers(fields);
    }
}
