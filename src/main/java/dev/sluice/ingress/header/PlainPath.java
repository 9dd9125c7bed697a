package dev.sluice.ingress.header;

import java.util.regex.Pattern;

/** Paths of unreserved characters, which need no escaping in a URL, in a header field and in JSON. */
public final class PlainPath {

    private static final Pattern PATTERN = Pattern.compile("(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+");

    private PlainPath() {}

    /** Whether a path, which begins with a slash and does not end with one, is plain. */
    public static boolean is(String path) {
        return PATTERN.matcher(path).matches();
    }
}
