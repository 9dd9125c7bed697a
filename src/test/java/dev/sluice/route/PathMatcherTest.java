package dev.sluice.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

class PathMatcherTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "/f/{id:(a+)+b} a",
                "/f/*-*-*-*.pdf -",
                "/f/{id:(a|aa)*}x a",
                "/f/{a:.*x}{b:.*x}{c:.*z} x",
                "/f/{a}.{b}.{c}.z .",
            })
    @Timeout(10)
    void anExpressionThatWouldTakeYearsIsNotMet(String pattern, String repeated) {
        String path = "/f/" + repeated.repeat(8_000) + "!";
        assertThat(matcher(pattern).matches(RawPath.of(path))).isFalse();
        String many = "/f/" + (repeated.repeat(30) + "!/").repeat(250);
        assertThat(matcher(pattern + "/**").matches(RawPath.of(many))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/f/**",
                "/f/*",
                "/f/?",
                "/f/{name}",
                "/f/{*rest}",
                "/f/*.pdf",
                "/f/{name}.{type}",
                "/f/a?-*",
                "/f/{id:[0-9]{2,4}}",
                "/f/v{major:\\d+}.{minor:\\d+}/**",
                "/f/{a:[a-z]*}-{b}",
            })
    void allOthersAreMetAsSpringMeetsThem(String text) {
        PathPattern pattern = new PathPatternParser().parse(text);
        PathMatcher matcher = new PathMatcher(pattern);
        for (String path : new String[] {
            "/f",
            "/f/",
            "/f/a",
            "/f/a.pdf",
            "/f/.pdf",
            "/f/123",
            "/f/12345",
            "/f/ab-c",
            "/f/v1.22",
            "/f/v1.22/x",
            "/f/a/b"
        }) {
            PathContainer raw = RawPath.of(path);
            assertThat(matcher.matches(RawPath.of(path))).as(path).isEqualTo(pattern.matches(raw));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/f/*.pdf", "/f/{name:[a-z]+}.pdf", "/f/{name}.pdf", "/f/{name:[a-z.]+}"})
    void anOrdinaryExpressionTakesTheLongestPath(String pattern) {
        assertThat(matcher(pattern).matches(RawPath.of("/f/" + "a".repeat(8_000) + ".pdf")))
                .isTrue();
    }

    private static PathMatcher matcher(String pattern) {
        return new PathMatcher(new PathPatternParser().parse(pattern));
    }
}
