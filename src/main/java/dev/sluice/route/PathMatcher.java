package dev.sluice.route;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Compares paths with one pattern, in bounded time. Spring makes a regular expression of a segment such as
 * {@code *-*-*.pdf} or <code>{id:(a+)+b}</code>, which could keep an event loop busy for years. So each of them is tried on
 * all segments of a path first, and a path for which that takes too long is not taken.
 */
final class PathMatcher {

    /** What stands for more than itself in a segment; names of variables may be followed by an expression with braces. */
    private static final Pattern VARYING = Pattern.compile("\\?|\\*|\\{((?:\\{[^/]+?}|[^/{}]|\\\\[{}])+?)}");

    /** Segments that Spring compares without an expression: all of one kind, or with single characters left open. */
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

    /** As Spring does it. */
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

    /** Whether the brace that opens it is closed at its end. */
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
