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
 * The web pages that may use the gateway from a browser (CORS, as in the Fetch standard). A request from another origin is
 * answered without the fields that would let the page read the response: the browser withholds it, and a preflight without
 * them fails as one that is refused does.
 *
 * <p>Credentials of the browser, cookies above all, are never allowed; pages send {@code Authorization} themselves.
 *
 * <p>Spring's {@code DefaultCorsProcessor} answers a request from another origin with 403, also one of a client that is no
 * browser and sends {@code Origin}; it makes every response, whether or not the request has an {@code Origin}, vary by three
 * request fields, also where any origin is allowed; and it needs a URI of each request.
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

    /** An origin as browsers serialize it: lower case, no path, no default port. */
    private static final Pattern ALLOWED =
            Pattern.compile("[a-z][a-z0-9+.-]*://([a-z0-9._~-]+|\\[[0-9a-f:.]+])(:\\d{1,5})?");

    private static final Pattern DEFAULT_PORT = Pattern.compile("http://.*:80|https://.*:443");

    /** Response fields that pages may read besides the few that are always safe. */
    private static final AsciiString EXPOSED = AsciiString.cached(
            "Accept, Accept-Ranges, Allow, Content-Disposition, Content-Encoding, Content-Range, Date,"
                    + " ETag, Idempotency-Replayed, Link, Location, Operation-Location, Preference-Applied, Proxy-Status, RateLimit, RateLimit-Policy,"
                    + " Retry-After, Sluice-Attempt, Stream-Closed, Stream-Cursor, Stream-Next-Offset, Stream-Up-To-Date,"
                    + " stream-sse-data-encoding");

    /** Seconds for which a browser may cache the response to a preflight; few, because routes change. */
    private static final AsciiString TEN_MINUTES = AsciiString.cached("600");

    /** Characters that the requested field names may have in all. */
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
                    && !DEFAULT_PORT.matcher(origin).matches();
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

    /** Whether any origin is allowed. */
    public boolean configured() {
        return !origins.isEmpty();
    }

    /** Whether a response field is set by the gateway alone once CORS is configured. */
    public static boolean owns(String field) {
        return field.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }

    /** Whether a field of a backend's response exposes further fields of one that the page may read. */
    public static boolean adds(String field, HttpHeaders response) {
        return EXPOSE_HEADERS.contentEqualsIgnoreCase(field) && response.contains(EXPOSE_HEADERS);
    }

    /**
     * Adds the fields of the 204 to a preflight.
     *
     * @param methods the methods of the resource, as in {@code Allow}; empty for any
     */
    public void preflight(HttpHeaders request, String methods, HttpHeaders response) {
        if (!admit(request, response)) {
            return;
        }
        String method = request.get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD, "");
        if (!methods.isEmpty()) {
            response.set(ALLOW_METHODS, methods);
        } else if (method.length() <= LONGEST_REQUEST && Tokens.isToken(method)) {
            response.set(ALLOW_METHODS, method);
        }
        String fields = requested(request.getAll(HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS));
        if (fields != null) {
            response.set(ALLOW_HEADERS, fields);
        }
        response.set(MAX_AGE, TEN_MINUTES);
    }

    /** Adds the fields of any other response, problems included. */
    public void answer(HttpHeaders request, HttpHeaders response) {
        if (admit(request, response)) {
            response.set(EXPOSE_HEADERS, EXPOSED);
        }
    }

    private boolean admit(HttpHeaders request, HttpHeaders response) {
        if (origins.isEmpty()) {
            return false;
        } else if (any) {
            response.set(ALLOW_ORIGIN, ANY);
            return true;
        }
        response.add(HeaderNames.VARY, ORIGIN);
        String origin = request.get(ORIGIN);
        if (origin == null || !origins.contains(origin)) {
            return false;
        }
        response.set(ALLOW_ORIGIN, origin);
        return true;
    }

    /** The names of the fields that the page wants to send; null if there are none, too many or malformed ones. */
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
