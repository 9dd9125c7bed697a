package dev.sluice.ingress.header;

import dev.sluice.http.HeaderNames;
import dev.sluice.route.ConfigurationException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which web pages may use the gateway from a browser (the CORS part of the Fetch standard). An origin that is not allowed
 * gets its answer without the fields that would let the page see it: keeping it from the page is the browser's work, and
 * a preflight without them fails as surely as one that is refused.
 *
 * <p>Credentials of the browser, cookies above all, are never allowed; pages send {@code Authorization} themselves.
 */
public final class Cors {

    private static final String KEY = "sluice.ingress.cors.allowed-origins";
    private static final String ANY = "*";
    private static final String PREFIX = "access-control-";
    private static final AsciiString ORIGIN = AsciiString.cached("Origin");
    private static final AsciiString ALLOW_ORIGIN = AsciiString.cached("Access-Control-Allow-Origin");
    private static final AsciiString ALLOW_METHODS = AsciiString.cached("Access-Control-Allow-Methods");
    private static final AsciiString ALLOW_HEADERS = AsciiString.cached("Access-Control-Allow-Headers");
    private static final AsciiString EXPOSE_HEADERS = AsciiString.cached("Access-Control-Expose-Headers");
    private static final AsciiString MAX_AGE = AsciiString.cached("Access-Control-Max-Age");

    /** As browsers write it: no path, lower case, no port that goes without saying. */
    private static final Pattern ALLOWED =
            Pattern.compile("[a-z][a-z0-9+.-]*://([a-z0-9._~-]+|\\[[0-9a-f:.]+])(:\\d{1,5})?");

    private static final Pattern USUAL_PORT = Pattern.compile("http://.*:80|https://.*:443");

    /** What of an answer pages may read besides the few fields that they always may. */
    private static final AsciiString EXPOSED = AsciiString.cached(
            "Accept, Accept-Ranges, Allow, Content-Disposition, Content-Encoding, Content-Range, Date,"
                    + " ETag, Idempotency-Replayed, Link, Location, Operation-Location, Preference-Applied, Proxy-Status, RateLimit, RateLimit-Policy,"
                    + " Retry-After");

    /** How long, in seconds, a browser may keep the answer to a preflight; not long, because routes change. */
    private static final AsciiString TEN_MINUTES = AsciiString.cached("600");

    /** Characters that the field names a page asks for may have in all. */
    private static final int LONGEST_REQUEST = 2_000;

    private final boolean any;
    private final Set<String> origins;

    private Cors(Set<String> origins) {
        this.any = origins.contains(ANY);
        this.origins = Set.copyOf(origins);
    }

    /**
     * Checks the setting.
     *
     * @throws ConfigurationException naming the origin that is none
     */
    public static Cors of(List<String> allowedOrigins) {
        for (String origin : allowedOrigins) {
            boolean usual = ALLOWED.matcher(origin).matches()
                    && !USUAL_PORT.matcher(origin).matches();
            if (!usual && !origin.equals(ANY) && !origin.equals("null")) {
                throw new ConfigurationException(
                        KEY,
                        origin,
                        "*, or origins as browsers send them, such as https://app.example or http://localhost:3000:"
                                + " lower case, no path, no slash at the end, no usual port");
            }
        }
        if (allowedOrigins.contains(ANY) && allowedOrigins.size() > 1) {
            throw new ConfigurationException(
                    KEY, String.join(", ", allowedOrigins), "either * or a list of origins, not both");
        }
        return new Cors(new HashSet<>(allowedOrigins));
    }

    /** Whether any page may use the gateway; if none may, requests are not looked at. */
    public boolean configured() {
        return !origins.isEmpty();
    }

    /** Whether a browser asks for permission instead of doing what the page wants. */
    public static boolean isPreflight(String method, HttpHeaders request) {
        return method.equals("OPTIONS")
                && request.contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD)
                && request.contains(ORIGIN);
    }

    /** Whether a field is one of those that are the gateway's to set once CORS is configured. */
    public static boolean owns(String field) {
        return field.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }

    /** Whether a field of a backend says what more pages may read of an answer that they may see at all. */
    public static boolean adds(String field, HttpHeaders answer) {
        return EXPOSE_HEADERS.contentEqualsIgnoreCase(field) && answer.contains(EXPOSE_HEADERS);
    }

    /**
     * Adds the fields of the answer, 204, to a preflight.
     *
     * @param methods what may be done there, as in {@code Allow}; empty if anything may
     */
    public void preflight(HttpHeaders request, String methods, HttpHeaders answer) {
        if (!admit(request, answer)) {
            return;
        }
        String method = request.get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD, "");
        if (!methods.isEmpty()) {
            answer.set(ALLOW_METHODS, methods);
        } else if (method.length() <= LONGEST_REQUEST && Tokens.isToken(method)) {
            answer.set(ALLOW_METHODS, method);
        }
        String fields = requested(request.getAll(HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS));
        if (fields != null) {
            answer.set(ALLOW_HEADERS, fields);
        }
        answer.set(MAX_AGE, TEN_MINUTES);
    }

    /** Adds the fields of any other answer, problems included. */
    public void answer(HttpHeaders request, HttpHeaders answer) {
        if (admit(request, answer)) {
            answer.set(EXPOSE_HEADERS, EXPOSED);
        }
    }

    private boolean admit(HttpHeaders request, HttpHeaders answer) {
        if (origins.isEmpty()) {
            return false;
        } else if (any) {
            answer.set(ALLOW_ORIGIN, ANY);
            return true;
        }
        answer.add(HeaderNames.VARY, ORIGIN);
        String origin = request.get(ORIGIN);
        if (origin == null || !origins.contains(origin)) {
            return false;
        }
        answer.set(ALLOW_ORIGIN, origin);
        return true;
    }

    /** The names of the fields that the page wants to send; null if there are none, too many or such that are no names. */
    private static @Nullable String requested(List<String> values) {
        String all = String.join(",", values);
        if (all.length() > LONGEST_REQUEST) {
            return null;
        }
        List<String> names = Arrays.stream(all.split(",", -1))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        return !names.isEmpty() && names.stream().allMatch(Tokens::isToken) ? String.join(", ", names) : null;
    }
}
