package dev.sluice.route;

import java.util.ArrayList;
import java.util.List;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/** Whether a pattern can match a path or anything below it. */
final class Overlap {

    private Overlap() {}

    /**
     * Truncates the pattern to as many segments as the path has, or at the wildcard for any number of segments, and matches the
     * rest against the path.
     */
    static boolean exists(PathPattern pattern, String path) {
        List<String> segments = segments(pattern.getPatternString());
        int wanted = segments(path).size();
        StringBuilder front = new StringBuilder();
        int count = 0;
        for (String segment : segments) {
            if (count == wanted) {
                break;
            }
            front.append('/').append(segment);
            count++;
            if (segment.equals("**") || segment.startsWith("{*")) {
                return matches(front.toString(), path);
            }
        }
        return count == wanted && matches(front.toString(), path);
    }

    private static boolean matches(String pattern, String path) {
        return new PathPatternParser().parse(pattern).matches(PathContainer.parsePath(path));
    }

    /** Splits at slashes, but not at those inside the regular expression of a variable. */
    static List<String> segments(String pattern) {
        List<String> segments = new ArrayList<>();
        int depth = 0;
        int start = 1;
        for (int i = 1; i <= pattern.length(); i++) {
            char c = i == pattern.length() ? '/' : pattern.charAt(i);
            if (c == '{') {
                depth++;
            } else if (c == '}') {
                depth--;
            } else if (c == '/' && depth <= 0) {
                segments.add(pattern.substring(start, i));
                start = i + 1;
            }
        }
        return segments;
    }
}
