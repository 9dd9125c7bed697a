package dev.sluice.route;

import java.util.ArrayList;
import java.util.List;
import org.springframework.http.server.PathContainer;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;

/**
 * A path as it was sent: split at its slashes, with segments that are neither decoded nor stripped of parameters. Spring's own
 * parser, even with an option not to decode, makes a slash of {@code %2F}.
 *
 * @param value the whole path
 * @param elements its separators and the segments that are not empty between them
 */
record RawPath(String value, List<Element> elements) implements PathContainer {

    private static final Separator SLASH = () -> "/";

    static RawPath of(String path) {
        List<Element> elements = new ArrayList<>();
        int begin = 0;
        while (begin < path.length()) {
            int slash = path.indexOf('/', begin);
            int end = slash < 0 ? path.length() : slash;
            if (end > begin) {
                elements.add(new Segment(path.substring(begin, end)));
            }
            if (slash >= 0) {
                elements.add(SLASH);
            }
            begin = end + 1;
        }
        return new RawPath(path, elements);
    }

    /** What is between the separators, as it was sent. */
    List<String> segments() {
        List<String> segments = new ArrayList<>();
        for (Element element : elements) {
            if (element instanceof Segment segment) {
                segments.add(segment.value());
            }
        }
        return segments;
    }

    private record Segment(String value) implements PathSegment {

        @Override
        public String valueToMatch() {
            return value;
        }

        @Override
        public char[] valueToMatchAsChars() {
            return value.toCharArray();
        }

        @Override
        public MultiValueMap<String, String> parameters() {
            return new LinkedMultiValueMap<>(0);
        }
    }
}
