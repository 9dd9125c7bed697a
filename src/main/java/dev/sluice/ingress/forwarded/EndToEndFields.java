package dev.sluice.ingress.forwarded;

import dev.sluice.http.HeaderNames;
import dev.sluice.http.HopByHop;
import dev.sluice.ingress.header.Cors;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end-to-end fields of a message, which are forwarded (RFC 9110, 7.6.1). */
public final class EndToEndFields {

    private static final Logger LOG = LoggerFactory.getLogger(EndToEndFields.class);

    private EndToEndFields() {}

    /**
     * Returns the fields of a request that are forwarded to the backend.
     *
     * @param client the origin of the request; the fields of a trusted proxy about it, and those that steer a backend, are kept
     * @param preferring whether the gateway itself applies {@code respond-async} and {@code wait}
     */
    public static Headers of(HttpHeaders received, ClientOrigin client, boolean preferring) {
        boolean trusted = client.trusted();
        HopByHop hop = HopByHop.of(received);
        List<Header> fields = new ArrayList<>(received.size());
        for (Map.Entry<String, String> field : received) {
            String name = field.getKey();
            if (hop.includes(name)
                    || isOurs(name)
                    || (trusted ? ForwardedFields.isWritten(name) : SteeringFields.is(name))) {
                continue;
            }
            String value = field.getValue();
            if (preferring && Preferences.NAME.contentEqualsIgnoreCase(name)) {
                value = Preferences.rest(value);
            }
            if (value != null) {
                fields.add(new Header(name, value));
            }
        }
        if (trusted) {
            ForwardedFields.write(received, client, fields);
        }
        return new Headers(fields);
    }

    /**
     * Adds the fields of a backend's response except for its length, which belongs to the framing. A field that cannot be sent
     * as one, for instance with a line break in its value, is left out.
     *
     * @param crossOrigin whether the backend's CORS fields are forwarded, because the gateway sets none
     * @param prefix the path prefix under which the client sees the gateway, for references
     */
    public static void add(Headers given, HttpHeaders out, boolean crossOrigin, String prefix) {
        for (Header field : given.fields()) {
            String name = field.name();
            if (!HopByHop.isAlways(name)
                    && !isOurs(name)
                    && !HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)
                    && (crossOrigin || !Cors.owns(name) || Cors.adds(name, out))) {
                try {
                    out.add(name, prefix.isEmpty() ? field.value() : prefixed(prefix, name, field.value()));
                } catch (IllegalArgumentException e) {
                    LOG.debug("A field of a backend's answer cannot be sent and is left out: {}", name);
                }
            }
        }
    }

    /** Puts the prefix in front of a reference that is a path; {@code //host} is none. */
    private static String prefixed(String prefix, String name, String value) {
        boolean reference = HeaderNames.LOCATION.contentEqualsIgnoreCase(name)
                || HttpHeaderNames.CONTENT_LOCATION.contentEqualsIgnoreCase(name);
        return reference && value.startsWith("/") && !value.startsWith("//") ? prefix + value : value;
    }

    /** {@code Expect} is answered by the gateway; a field without a name cannot be forwarded. */
    private static boolean isOurs(String name) {
        return name.isEmpty() || HttpHeaderNames.EXPECT.contentEqualsIgnoreCase(name);
    }
}
