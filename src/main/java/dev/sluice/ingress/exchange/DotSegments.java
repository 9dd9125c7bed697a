package dev.sluice.ingress.exchange;

import java.util.regex.Pattern;

/**
 * Detects path segments that a backend could take for {@code .} or {@code ..}, also when they, or the separators beside
 * them, are percent-encoded, when a backslash separates them, or when they carry path parameters.
 *
 * <p>Spring's {@code ResourceHandlerUtils.isInvalidPath} and Spring Security's firewall either miss some of these, such as
 * {@code /a/%2e%2e;x/b}, or refuse paths that backends serve, such as {@code /a%2Fb} and {@code /a;v=1}.
 */
public final class DotSegments {

    private static final String ENCODED_SEPARATOR = "%(?:2[Ff]|5[Cc])";
    private static final Pattern DOTS = Pattern.compile(
            "(?:[/\\\\]|" + ENCODED_SEPARATOR + ")(?:\\.|%2[Ee]){1,2}(?:[;/\\\\]|%3[Bb]|" + ENCODED_SEPARATOR + "|$)");

    private DotSegments() {}

    /** Whether a path, which begins with a slash, contains such a segment. */
    public static boolean in(String path) {
        boolean plain = path.indexOf('%') < 0 && path.indexOf('\\') < 0 && !path.contains("/."); // nearly all are
        return !plain && DOTS.matcher(path).find();
    }
}
