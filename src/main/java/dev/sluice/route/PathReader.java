package dev.sluice.route;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import org.springframework.web.util.pattern.PatternParseException;

/** Reads the path settings of a route. */
final class PathReader {

    private static final Pattern VISIBLE = Pattern.compile("/[\\x21-\\x7e]*");
    private static final Pattern VARYING = Pattern.compile("[*?{}]");

    private PathReader() {}

    static PathPattern path(RouteKeys keys, @Nullable String path) {
        String expected = "a path pattern such as /reports/** or /users/{id}";
        if (path == null || !VISIBLE.matcher(path).matches()) {
            throw keys.wrong("path", path, expected + ", starting with / and percent-encoded where the path is");
        }
        try {
            return new PathPatternParser().parse(path);
        } catch (PatternParseException e) {
            throw keys.wrong(
                    "path", path, expected + " (at character " + (e.getPosition() + 1) + ": " + e.getMessage() + ")");
        }
    }

    /** Only constant segments can be stripped, so that a request cannot leave the part of the backend that its route covers. */
    static int stripPrefix(RouteKeys keys, int segments, PathPattern path) {
        int fixed = fixedSegments(path.getPatternString());
        if (segments < 0 || segments > fixed) {
            throw keys.wrong(
                    "strip-prefix",
                    segments,
                    fixed == 0
                            ? "0, because " + path + " does not begin with a segment that is the same in every path"
                            : "a whole number from 0 to " + fixed + ", the segments at the beginning of " + path
                                    + " that are the same in every path");
        }
        return segments;
    }

    private static int fixedSegments(String pattern) {
        int fixed = 0;
        for (String segment : Overlap.segments(pattern)) {
            if (segment.isEmpty() || VARYING.matcher(segment).find()) {
                break;
            }
            fixed++;
        }
        return fixed;
    }
}
