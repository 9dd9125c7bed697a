package dev.sluice.route;

import static dev.sluice.route.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallTargetTest {

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
        assertThat(target("/a/b/**", "strip-prefix=" + segments).stripped(target))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"/, /", "/?, /?", "/a, /", "/a?b/c/d, /?b/c/d", "//c, /", "//c/d, /d"})
    void aTargetOfAnEarlierPatternStillBeginsWithASlash(String target, String expected) {
        assertThat(target("/a/b/**", "strip-prefix=2").stripped(target)).isEqualTo(expected);
    }

    @Test
    void aTargetThatKeepsItsPrefixIsNotCopied() {
        String target = "/a/b?c";
        assertThat(target("/a/**").stripped(target)).isSameAs(target);
    }

    @Test
    void theBasePathOfTheServiceStandsInFront() {
        CallTarget target = new CallTarget(URI.create("http://localhost/base/"), 1);
        assertThat(target.basePath()).isEqualTo("/base");
        assertThat(target.resolve("/a/b?c")).isEqualTo("/base/b?c");
        assertThat(new CallTarget(URI.create("http://localhost"), 0).resolve("/a"))
                .isEqualTo("/a");
    }

    @ParameterizedTest
    @CsvSource({
        "http://a:80/x, http://A/y, true",
        "https://a, https://a:443, true",
        "http://a, https://a, false",
        "http://a:443, https://a, false",
        "http://a, http://b, false",
        "http://a:81, http://a, false",
        "http://a_b:9000, http://a_b:9000/c, true",
    })
    void connectionsAreGoodForTheSameServerOnly(String one, String other, boolean same) {
        CallTarget first = new CallTarget(URI.create(one), 0);
        CallTarget second = new CallTarget(URI.create(other), 2);
        assertThat(first.isSameServer(second)).isEqualTo(same);
        assertThat(second.isSameServer(first)).isEqualTo(same);
    }

    private static CallTarget target(String path, String... settings) {
        return route("r", path, "http://localhost", settings).call().target();
    }
}
