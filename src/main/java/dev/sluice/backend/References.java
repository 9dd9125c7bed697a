package dev.sluice.backend;

import dev.sluice.route.CallTarget;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Maps references in {@code Location} and {@code Content-Location} (RFC 9110, 10.2.2 and 8.7) from the backend to the gateway: a
 * reference within the backend's URI becomes the path on the gateway that leads to it.
 */
final class References {

    /** Any text is a reference (RFC 3986, appendix B): scheme, authority, path, query, fragment. */
    private static final Pattern REFERENCE =
            Pattern.compile("(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(\\?[^#]*)?(#.*)?", Pattern.DOTALL);

    private References() {}

    /** Whether the value of the field is a reference. */
    static boolean areIn(String field) {
        return field.equalsIgnoreCase("Location") || field.equalsIgnoreCase("Content-Location");
    }

    /**
     * Maps a reference.
     *
     * @param target path and query as the client sent them
     * @param value the reference, relative to the target that the backend received
     * @return a path on the gateway, with query and fragment; the value as it is if it leads out of the backend's URI
     */
    static String map(CallTarget backend, String target, String value) {
        Matcher reference = REFERENCE.matcher(value);
        if (value.isEmpty() || !reference.matches() || !isAt(backend.uri(), reference)) {
            return value;
        }
        String base = backend.basePath();
        String path = path(reference, backend.resolve(target));
        if (!path.equals(base) && !path.startsWith(base + "/")) {
            return value;
        }
        String mapped = backend.strippedPrefix(target) + path.substring(base.length());
        return (mapped.isEmpty() ? "/" : mapped.startsWith("//") ? "/." + mapped : mapped) // no host (RFC 3986, 4.2)
                + query(reference, target)
                + orEmpty(reference.group(5));
    }

    /**
     * Resolves a reference against the URL that was called (RFC 3986, 5.2), without its fragment.
     *
     * @return an absolute URL with an authority, whatever the scheme; null if the value is none
     */
    static @Nullable String absolute(CallTarget backend, String target, String value) {
        Matcher reference = REFERENCE.matcher(value.strip());
        if (value.isBlank() || !reference.matches() || (reference.group(1) != null && reference.group(2) == null)) {
            return null;
        }
        String scheme = reference.group(1) == null ? backend.uri().getScheme() : reference.group(1);
        String authority = reference.group(2) == null ? backend.authority() : reference.group(2);
        String called = backend.resolve(target);
        return scheme + "://" + authority + path(reference, called) + query(reference, called);
    }

    private static boolean isAt(URI backend, Matcher reference) {
        String scheme = reference.group(1);
        String authority = reference.group(2);
        String own = backend.getScheme();
        if (scheme != null && (!scheme.equalsIgnoreCase(own) || authority == null)) {
            return false;
        }
        return authority == null || plain(own, authority).equals(plain(own, backend.getRawAuthority()));
    }

    /** Without the default port. */
    private static String plain(String scheme, String authority) {
        String lower = authority.toLowerCase(Locale.ROOT);
        String port = scheme.equalsIgnoreCase("https") ? ":443" : ":80";
        return lower.endsWith(port)
                ? lower.substring(0, lower.length() - port.length())
                : lower.endsWith(":") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** The query with its question mark; a reference that is a fragment only keeps the query of the target. */
    private static String query(Matcher reference, String target) {
        boolean same = reference.group(2) == null
                && reference.group(3).isEmpty()
                && reference.group(4) == null
                && target.indexOf('?') >= 0;
        return same ? target.substring(target.indexOf('?')) : orEmpty(reference.group(4));
    }

    /** The path that the reference resolves to (RFC 3986, 5.2.2). */
    private static String path(Matcher reference, String asked) {
        int question = asked.indexOf('?');
        String from = question < 0 ? asked : asked.substring(0, question);
        String path = reference.group(3);
        if (path.isEmpty()) {
            return reference.group(2) == null ? from : "/";
        }
        return withoutDots(path.startsWith("/") ? path : from.substring(0, from.lastIndexOf('/') + 1) + path);
    }

    /** RFC 3986, 5.2.4. */
    private static String withoutDots(String path) {
        Deque<String> segments = new ArrayDeque<>();
        String last = "";
        for (String segment : path.substring(1).split("/", -1)) {
            last = segment;
            if (segment.equals("..")) {
                segments.pollLast();
            } else if (!segment.equals(".")) {
                segments.addLast(segment);
            }
        }
        StringBuilder result = new StringBuilder(path.length());
        for (Iterator<String> it = segments.iterator(); it.hasNext(); ) {
            result.append('/').append(it.next());
        }
        boolean open = last.equals(".") || last.equals("..");
        return open ? result.append('/').toString() : result.toString();
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
