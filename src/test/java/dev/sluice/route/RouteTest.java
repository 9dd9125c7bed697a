package dev.sluice.route;

import static dev.sluice.route.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTest {

    @ParameterizedTest
    @CsvSource({
        "0, /a/b/c?d, /a/b/c?d",
        "0, //a, //a",
        "1, /a/b/c, /b/c",
        "1, /a/b/c?d=/e/f?g, /b/c?d=/e/f?g",
        "2, /a/b/c, /c",
        "2, /a/b/, /",
        "2, /a/b, /",
        "2, /a/b?, /?",
        "2, /a/b?c=/d, /?c=/d",
        "2, /a/b/?c, /?c",
        "2, /a/b//c, //c",
        "2, /a/b//, //",
        "2, /a/b/;x=1/c, /;x=1/c",
        "2, /a/b/c;x=1?d, /c;x=1?d",
        "2, /a/b/%2Fc, /%2Fc",
        "2, /a/b/c%2F..%2fd, /c%2F..%2fd",
        "2, /a/b/%c3%a4, /%c3%a4",
    })
    void theBackendDoesNotSeeTheStrippedPrefix(int segments, String target, String expected) {
        assertThat(route("r", "/a/b/**", "http://localhost", "strip-prefix=" + segments)
                        .backendTarget(target))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"/, /", "/?, /?", "/a, /", "/a?b/c/d, /?b/c/d", "//c, /", "//c/d, /d"})
    void aTargetOfAnEarlierPatternStillBeginsWithASlash(String target, String expected) {
        assertThat(route("r", "/a/b/**", "http://localhost", "strip-prefix=2").backendTarget(target))
                .isEqualTo(expected);
    }

    @Test
    void aTargetThatKeepsItsPrefixIsNotCopied() {
        String target = "/a/b?c";
        assertThat(route("r", "/a/**", "http://localhost").backendTarget(target))
                .isSameAs(target);
    }
}
