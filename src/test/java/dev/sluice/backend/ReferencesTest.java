package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.route.CallTarget;
import dev.sluice.route.Routes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where clients find what a backend refers to. */
class ReferencesTest {

    private static final CallTarget PLAIN =
            Routes.route("r", "/**", "http://backend:9000").call().target();
    private static final CallTarget BASE = Routes.route("r", "/api/v1/**", "http://backend/app/", "strip-prefix=2")
            .call()
            .target();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /things/7                        | /things/7
            7                                | /reports/7
            ./7                              | /reports/7
            ../7                             | /7
            ../../7                          | /7
            q3/                              | /reports/q3/
            ?page=2                          | /reports/q3?page=2
            #top                             | /reports/q3?x=1#top
            7?a=b#c                          | /reports/7?a=b#c
            .                                | /reports/
            ..                               | /
            a//b/                            | /reports/a//b/
            /a/./b/../c                      | /a/c
            http://backend:9000/things/7?a#b | /things/7?a#b
            HTTP://BACKEND:9000/x            | /x
            http://backend:9000              | /
            http://backend:9000?a=b          | /?a=b
            //backend:9000/x                 | /x
            http://backend:9000//evil/x      | /.//evil/x
            /%2e%2e/x                        | /%2e%2e/x
            """)
    void withinTheBackendItIsAPathOfTheGateway(String reference, String expected) {
        assertThat(References.map(PLAIN, "/reports/q3?x=1", reference)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "https://backend:9000/x",
                "http://backend/x",
                "http://backend:9001/x",
                "http://other.example/x",
                "//other.example/x",
                "http://user@backend:9000/x",
                "http://backend:9000.evil.example/",
                "http:x",
                "mailto:a@b",
                "urn:x:y",
                "https://shop.example/reports/q3"
            })
    void whatLeadsElsewhereStaysAsItIs(String reference) {
        assertThat(References.map(PLAIN, "/reports/q3", reference)).isEqualTo(reference);
    }

    @ParameterizedTest
    @CsvSource({
        "/app/things/7, /api/v1/things/7",
        "http://backend/app/things/7?a=b, /api/v1/things/7?a=b",
        "http://backend:80/app/x, /api/v1/x",
        "http://backend:/app/x, /api/v1/x",
        "7, /api/v1/reports/7",
        "../7, /api/v1/7",
        "/app, /api/v1",
        "/app/, /api/v1/",
        "/app?a, /api/v1?a"
    })
    void theBasePathIsTakenOffAndTheStrippedPrefixPutOn(String reference, String expected) {
        assertThat(References.map(BASE, "/api/v1/reports/q3", reference)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/other", "/application", "../../other", "/app/../other", "http://backend/", "/"})
    void besideTheBasePathIsElsewhere(String reference) {
        assertThat(References.map(BASE, "/api/v1/reports/q3", reference)).isEqualTo(reference);
    }

    @Test
    void thePrefixIsPutOnAsTheClientSentIt() {
        CallTarget target = Routes.route("r", "/a/**", "http://backend", "strip-prefix=1")
                .call()
                .target();
        assertThat(References.map(target, "//a/x", "/y")).isEqualTo("/.//y");
        assertThat(References.map(target, "/a", "y")).isEqualTo("/a/y");
        assertThat(References.map(target, "/a?b=/c", "?d")).isEqualTo("/a/?d");
    }

    @Test
    void longReferencesAreMappedToo() {
        String path = "/" + "a/".repeat(20_000) + "x y\u00e4|";
        assertThat(References.map(PLAIN, "/", path)).isEqualTo(path);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /things/7                        | http://backend:9000/things/7
            7                                | http://backend:9000/reports/7
            ../../7                          | http://backend:9000/7
            ?page=2                          | http://backend:9000/reports/q3?page=2
            #top                             | http://backend:9000/reports/q3?x=1
            7?a=b#c                          | http://backend:9000/reports/7?a=b
            ' /a '                           | http://backend:9000/a
            //other/x                        | http://other/x
            https://other:1/x?y#z            | https://other:1/x?y
            http://other                     | http://other/
            """)
    void aReferenceIsResolvedAgainstWhatWasCalled(String reference, String expected) {
        assertThat(References.absolute(PLAIN, "/reports/q3?x=1", reference)).isEqualTo(expected);
    }

    @Test
    void aBasePathAndAStrippedPrefixCount() {
        assertThat(References.absolute(BASE, "/api/v1/reports/q3", "7")).isEqualTo("http://backend/app/reports/7");
        assertThat(References.absolute(BASE, "/api/v1/reports/q3", "/7")).isEqualTo("http://backend/7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "mailto:a@b", "http:x"})
    void whatNamesNoServerIsNoPlace(String reference) {
        assertThat(References.absolute(PLAIN, "/reports/q3", reference)).isNull();
    }
}
