package dev.sluice.route;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Matches paths against one pattern in bounded time. {@link PathPattern} makes a regular expression of a segment such as
 * {@code *-*-*-*.pdf} or <code>{id:(a+)+b}</code>, for which a path of 8,000 characters could keep an event loop busy for
 * years. It takes segments as strings, so its matching cannot be interrupted. Therefore each of these expressions, made
 * here in the same way, is tried within bounds first, and a path that exceeds them does not match.
 */
final class PathMatcher {

    /** The wildcards of a segment; the name of a variable may be followed by an expression, which may have braces. */
    private static final Pattern VARYING = Pattern.compile("\\?|\\*|\\{((?:\\{[^/]+?}|[^/{}]|\\\\[{}])+?)}");

    /** Segments that Spring matches without an expression. */
    private static final Pattern SIMPLE = Pattern.compile("[^*{]*|\\*{1,2}|\\{\\*?[^:{}]*}");

    private final PathPattern pattern;
    private final List<Pattern> expressions;

    PathMatcher(PathPattern pattern) {
        this.pattern = pattern;
        this.expressions = Overlap.segments(pattern.getPatternString()).stream()
                .filter(segment -> !SIMPLE.matcher(segment).matches())
                .map(PathMatcher::expression)
                .toList();
    }

    boolean matches(RawPath path) {
        if (!expressions.isEmpty()) {
            List<String> segments = path.segments();
            for (Pattern expression : expressions) {
                if (!BoundedMatch.decides(expression, segments)) {
                    return false;
                }
            }
        }
        return pattern.matches(path);
    }

    /** The expression that Spring makes of a segment. */
    private static Pattern expression(String segment) {
        if (isOneVariable(segment)) {
            return Pattern.compile(segment.substring(segment.indexOf(':') + 1, segment.length() - 1));
        }
        StringBuilder expression = new StringBuilder();
        Matcher varying = VARYING.matcher(segment);
        int end = 0;
        while (varying.find()) {
            expression.append(Pattern.quote(segment.substring(end, varying.start())));
            String variable = varying.group(1);
            if (variable == null) {
                expression.append(varying.group().equals("?") ? "." : ".*");
            } else {
                int colon = variable.indexOf(':');
                expression.append(colon < 0 ? "((?s).*)" : "(" + variable.substring(colon + 1) + ")");
            }
            end = varying.end();
        }
        return Pattern.compile(
                expression.append(Pattern.quote(segment.substring(end))).toString());
    }

    /** Whether the segment is a single variable. */
    private static boolean isOneVariable(String segment) {
        int depth = 0;
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) {
                return i == segment.length() - 1 && c == '}';
            }
        }
        return false;
    }
}
