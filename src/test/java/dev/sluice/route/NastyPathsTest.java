package dev.sluice.route;

import static dev.sluice.route.Routes.head;
import static dev.sluice.route.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.route.RouteTable.Match;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which route takes a path that somebody has thought about, and where it can lead at the backend. */
class NastyPathsTest {

    private static final RouteTable TABLE = new RouteTable(List.of(
            route("exact", "/a", "http://localhost/x"),
            route("below", "/a/**", "http://localhost/x", "strip-prefix=1"),
            route("one", "/a/b/*", "http://localhost/y/z", "strip-prefix=2"),
            route("encoded", "/e%2Ff/**", "http://localhost/x", "strip-prefix=1"),
            route("umlaut", "/b%C3%A4r/{x}", "http://localhost/x", "strip-prefix=1"),
            route("digits", "/n/{id:[0-9]+}/**", "http://localhost", "strip-prefix=1"),
            route("file", "/f/?.txt", "http://localhost/x", "strip-prefix=1"),
            route("matrix", "/m;v=1/**", "http://localhost/x", "strip-prefix=1")));

    @ParameterizedTest
    @CsvSource({
        "/a, exact",
        "/a/, below",
        "//a, none",
        "/a//, below",
        "/a//b, below",
        "/a//b/c, below",
        "/a/b, below",
        "/a/b/, one",
        "/a/b/c, one",
        "/a/b//c, below",
        "/a/b/c/, below",
        "/a/b/c%2Fd, one",
        "/a/b/c%2fd, one",
        "/a%2Fb/c, none",
        "/a%2fb/c, none",
        "/%61/b, none",
        "/A/b, none",
        "/a;/b, none",
        "/a;x=1/b, none",
        "/a/b;x=1/c, below",
        "/a/;/c, below",
        "/a%00/b, none",
        "/a%20/b, none",
        "/a%3B/b, none",
        "/a\\b, none",
        "/a%5Cb, none",
        "/e%2Ff/g, encoded",
        "/e%2ff/g, none",
        "/e%252Ff/g, none",
        "/e/f/g, none",
        "/b%C3%A4r/x, umlaut",
        "/b%c3%a4r/x, none",
        "/b%E4r/x, none",
        "/bär/x, none",
        "/b%C3%A4r/x%2F..%2F..%2Fy, umlaut",
        "/n/1/x, digits",
        "/n/1%2F2/x, none",
        "/n/1;x/x, none",
        "/n/%31/x, none",
        "/n//1/x, none",
        "/f/a.txt, file",
        "/f/%.txt, file",
        "/f/%2F.txt, none",
        "/f/%61.txt, none",
        "/m;v=1/x, matrix",
        "/m/x, none",
        "/m;v=2/x, none",
        "/, none",
        "'', none",
    })
    void aPathIsTakenAsItWasSent(String path, String route) {
        Match match = TABLE.match(head("GET", path, null));
        assertThat(match instanceof Match.Found found ? found.route().id() : "none")
                .isEqualTo(route);
    }

    /** Paths with dot segments, however written, are refused before they are matched; these have all else. */
    @RepeatedTest(20)
    void noPathLeadsOutOfThePrefixOfItsRoutesBackend(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        String[] pieces = {
            "/",
            "/",
            "//",
            "a",
            "b",
            "n",
            "1",
            "f",
            "e%2Ff",
            "b%C3%A4r",
            "m;v=1",
            ".txt",
            ";",
            "%2F",
            "%5C",
            "%25",
            "%00",
            "...",
            "x.y",
            "?",
            "%3F",
            "c=/d",
            ":",
            "@",
            "http:",
            "*",
            "%2525"
        };
        String[] begins = {"/", "//", "/a", "/a/", "/a/b/", "/e%2Ff/", "/b%C3%A4r/", "/n/1/", "/f/", "/m;v=1/"};
        int matched = 0;
        for (int i = 0; i < 5_000; i++) {
            StringBuilder target = new StringBuilder(begins[random.nextInt(begins.length)]);
            for (int piece = random.nextInt(8); piece >= 0; piece--) {
                target.append(pieces[random.nextInt(pieces.length)]);
            }
            String path = target.toString().split("\\?", 2)[0];
            if (TABLE.match(head("GET", path, null)) instanceof Match.Found found) {
                matched++;
                assertInside(found.route(), target.toString());
            }
        }
        assertThat(matched).isGreaterThan(500);
    }

    private static void assertInside(Route route, String target) {
        String stripped = route.call().target().stripped(target);
        assertThat(stripped).as("%s of %s", target, route.id()).startsWith("/");
        assertThat(target).endsWith(stripped.substring(1));
        String prefix = route.call().target().uri().getRawPath();
        String path = (prefix + stripped).split("\\?", 2)[0];
        for (int decoded = 0; decoded < 3; decoded++) {
            assertThat(normalised(path)).as("%s of %s", target, route.id()).startsWith(prefix + "/");
            path = URLDecoder.decode(
                    path.replace("%2F", "/").replaceAll("%(?![0-9A-F]{2})", "%25"), StandardCharsets.UTF_8);
        }
    }

    /** As a backend does that resolves dots and merges slashes. */
    private static String normalised(String path) {
        String safe = path.replaceAll("[^A-Za-z0-9/.;=*@:]", "_").replaceAll("/+", "/");
        return URI.create(safe).normalize().getPath();
    }
}
