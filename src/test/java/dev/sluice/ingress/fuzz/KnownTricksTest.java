package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Transport;
import dev.sluice.ingress.Wire.Reply;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Promise 11: what is known to have worked elsewhere, to smuggle a request past whoever looks at it or to leave a route by
 * its path, does not work here.
 */
class KnownTricksTest extends FuzzRig {

    private static final String SMUGGLED = "GET /sync/smuggled HTTP/1.1\r\nHost: g\r\n\r\n";
    private static final int NUMBER = 424_242;

    /**
     * One trick.
     *
     * @param statuses that its answer may have
     * @param goesOn whether the connection is still good, so that a request behind it gets its own answer
     */
    record Trick(String name, String bytes, Set<Integer> statuses, boolean goesOn) {

        @Override
        public String toString() {
            return name;
        }
    }

    private static Trick closing(String name, String bytes, Integer... statuses) {
        return new Trick(name, bytes, Set.of(statuses), false);
    }

    private static Trick goingOn(String name, String bytes, Integer... statuses) {
        return new Trick(name, bytes, Set.of(statuses), true);
    }

    private static String post(String fields, String body) {
        return "POST /sync/trick HTTP/1.1\r\nHost: g\r\n" + fields + "\r\n\r\n" + body;
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: g\r\n\r\n";
    }

    static Stream<Trick> whereAMessageEnds() {
        String hidden = "0\r\n\r\n" + SMUGGLED;
        String chunked = "Transfer-Encoding: chunked";
        return Stream.of(
                closing("CL.TE", post("Content-Length: " + hidden.length() + "\r\n" + chunked, hidden), 400),
                closing("TE.CL", post(chunked + "\r\nContent-Length: 4", "5c\r\n" + hidden), 400),
                closing("TE.TE", post(chunked + "\r\nTransfer-Encoding: x", hidden), 400, 501),
                closing("two lengths", post("Content-Length: 5\r\nContent-Length: 0", hidden), 400),
                closing("a list of lengths", post("Content-Length: 0, 5", hidden), 400),
                closing("a length with a sign", post("Content-Length: +5", hidden), 400),
                closing("a negative length", post("Content-Length: -5", hidden), 400),
                closing("a hexadecimal length", post("Content-Length: 0x5", hidden), 400),
                closing("a length beyond 64 bits", post("Content-Length: 18446744073709551616", hidden), 400),
                closing("a length with a space before its colon", post("Content-Length : 5", hidden), 400),
                closing("a coding with a space before its colon", post("Transfer-Encoding : chunked", hidden), 400),
                closing("a coding on a folded line", post("Transfer-Encoding:\r\n chunked", hidden), 400),
                closing("a coding on the folded line of another field", post("X: y\r\n " + chunked, hidden), 400),
                closing("a coding behind a bare CR", post("X: y\r" + chunked, hidden), 400),
                closing("a coding with a vertical tab", post("Transfer-Encoding: \u000bchunked", hidden), 400, 501),
                closing("a coding with a NUL", post("Transfer-Encoding: chunked\0", hidden), 400, 501),
                closing("chunked twice", post("Transfer-Encoding: chunked, chunked", hidden), 400, 501),
                closing("identity", post("Transfer-Encoding: identity", hidden), 400, 501),
                closing("chunked not last", post("Transfer-Encoding: chunked, gzip", hidden), 400, 501),
                closing(
                        "chunked in HTTP/1.0",
                        post(chunked, hidden).replace("HTTP/1.1\r\nHost", "HTTP/1.0\r\nHost"),
                        400),
                closing("a chunk size with 0x", post(chunked, "0x0\r\n\r\n" + SMUGGLED), 400),
                closing("a chunk size with a sign", post(chunked, "+0\r\n\r\n" + SMUGGLED), 400),
                closing("a negative chunk size", post(chunked, "-1\r\n\r\n" + SMUGGLED), 400),
                closing("a chunk size that overflows", post(chunked, "100000000\r\n" + hidden), 400),
                closing("a chunk size that overflows twice", post(chunked, "10000000000000000\r\n" + hidden), 400),
                closing("a chunk longer than its size", post(chunked, "1\r\nabc\r\n" + hidden), 400),
                closing("a chunk without its end", post(chunked, "3\r\nabc" + hidden), 400),
                closing("a chunk whose end is a bare LF", post(chunked, "3\r\nabc\n" + hidden), 400),
                closing("a chunk size that ends in a bare CR", post(chunked, "3\rabc\r\n" + hidden), 400),
                closing("a chunk extension with a bare LF", post(chunked, "0;a\n\r\n" + SMUGGLED), 400),
                goingOn("a chunk extension", post(chunked, "3;a=\"b\"\r\nabc\r\n0\r\n\r\n"), 200),
                goingOn("forbidden trailers", post(chunked, "0\r\nContent-Length: 5\r\nHost: x\r\n\r\n"), 200),
                goingOn("a coding in other letters", post("tRANSFER-eNCODING: CHUNKED", "0\r\n\r\n"), 200),
                goingOn(
                        "a body that looks like a request",
                        post("Content-Length: " + SMUGGLED.length(), SMUGGLED),
                        200),
                goingOn(
                        "the same, nobody reads it",
                        get("/nothing").replace("\r\n\r\n", "\r\nContent-Length: " + SMUGGLED.length() + "\r\n\r\n")
                                + SMUGGLED,
                        404),
                goingOn(
                        "the same to HEAD",
                        "HEAD /jobs/x HTTP/1.1\r\nHost: g\r\nContent-Length: " + SMUGGLED.length() + "\r\n\r\n"
                                + SMUGGLED,
                        404),
                goingOn("a body of the length 0", post("Content-Length: 0", ""), 200),
                closing("no colon", post("No colon", ""), 400),
                closing("a name with a control character", post("X\u0001: y", ""), 400),
                closing("an empty name", post(": y", ""), 400),
                closing("a line before the first field", "GET /sync/x HTTP/1.1\r\n X: y\r\nHost: g\r\n\r\n", 400));
    }

    static Stream<Trick> whatARequestAsksFor() {
        return Stream.of(
                closing("no version", "GET /sync/x\r\n\r\n", 400),
                closing("HTTP/0.9", "GET /sync/x HTTP/0.9\r\n\r\n", 505),
                closing("HTTP/2.0", "GET /sync/x HTTP/2.0\r\nHost: g\r\n\r\n", 505),
                closing("almost the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n", 400, 505),
                closing("another protocol", "GET /sync/x RTSP/1.0\r\n\r\n", 400, 505),
                closing("CONNECT", "CONNECT g:443 HTTP/1.1\r\nHost: g:443\r\n\r\n", 501),
                closing("no host", "GET /sync/x HTTP/1.1\r\n\r\n", 400),
                closing("two hosts", "GET /sync/x HTTP/1.1\r\nHost: g\r\nHost: h\r\n\r\n", 400),
                closing("a host with a path", "GET /sync/x HTTP/1.1\r\nHost: g/sync\r\n\r\n", 400),
                closing("a host with a user", "GET /sync/x HTTP/1.1\r\nHost: a@g\r\n\r\n", 400),
                closing("another scheme", get("ftp://g/sync/x"), 400),
                closing("asterisk", "OPTIONS * HTTP/1.1\r\nHost: g\r\n\r\n", 400),
                closing("an authority", get("g:80"), 400),
                closing("a target with a bare CR", get("/sync/\rx"), 400),
                closing("a target with a tab", get("/sync/\tx"), 400),
                closing("a target with a NUL", get("/sync/\0x"), 400),
                closing("a target in UTF-8", get("/sync/\u00c3\u00a9"), 400),
                closing("a fragment", get("/sync/x#y"), 400),
                closing("dot segments", get("/sync/../jobs/x"), 400),
                closing("encoded dots", get("/sync/%2e%2E/jobs/x"), 400),
                closing("an encoded slash", get("/sync/..%2fjobs/x"), 400),
                closing("a backslash", get("/sync/..\\jobs/x"), 400),
                closing("an encoded backslash", get("/sync/..%5cjobs/x"), 400),
                closing("parameters behind dots", get("/sync/..;a=b/jobs/x"), 400),
                closing("encoded parameters behind dots", get("/sync/..%3ba/jobs/x"), 400),
                closing("one dot", get("/sync/./x"), 400),
                closing("dots at the end", get("/sync/.."), 400),
                closing("dots in an absolute target", get("http://g/sync/../jobs"), 400),
                goingOn("an absolute target", get("http://g/sync/x"), 200),
                goingOn("dots in the query", get("/sync/x?/../y"), 200),
                goingOn("dots encoded twice, which nobody decodes twice", get("/sync/%252e%252e/x"), 200),
                goingOn("three dots", get("/sync/.../x"), 200),
                goingOn("two slashes", get("//sync/x"), 404),
                goingOn("an encoded line end", get("/sync/%0d%0aX-Injected:%201"), 200),
                goingOn("an encoded NUL", get("/sync/%00"), 200),
                goingOn("an escape cut short", get("/sync/%2"), 200, 400),
                goingOn("an overlong dot", get("/sync/%c0%ae%c0%ae/x"), 200, 400),
                goingOn("an unknown method", "BREW /sync/x HTTP/1.1\r\nHost: g\r\n\r\n", 200),
                goingOn("empty lines before a request", "\r\n\r\n" + get("/sync/x"), 200));
    }

    @ParameterizedTest
    @MethodSource({"whereAMessageEnds", "whatARequestAsksFor"})
    void worksNot(Trick trick) throws IOException {
        echo.forget();
        Case one = new Case(NUMBER, trick.bytes().getBytes(ISO_8859_1), 1);
        List<Reply> replies = send(one);
        assertThat(replies).isNotEmpty();
        assertThat(trick.statuses()).contains(replies.get(0).status());
        if (trick.goesOn()) {
            assertThat(replies).hasSize(2);
            assertThat(replies.get(1).text()).isEqualTo(one.markerAnswer());
        } else {
            assertThat(replies).hasSize(1);
            assertThat(replies.get(0).field("Connection")).isEqualTo("close");
            assertThat(echo.calls(one.markerPath())).isZero();
        }
        assertThat(echo.calls("/sync/smuggled")).isZero();
        watch.check();
    }

    /** What cannot be read is answered after the requests before it if at all, and never instead of one of them. */
    @ParameterizedTest
    @MethodSource({"whereAMessageEnds", "whatARequestAsksFor"})
    void isHeldAgainstNoRequestBeforeIt(Trick trick) throws IOException {
        echo.forget();
        String before = "POST /negotiate/before HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\n\r\n";
        List<Reply> replies = send(new Case(NUMBER, (before + trick.bytes()).getBytes(ISO_8859_1), 1));
        assertThat(replies.get(0).text()).isEqualTo("POST /negotiate/before 0");
        if (replies.size() > 1) { // the connection may also be closed before it is looked at
            assertThat(trick.statuses()).contains(replies.get(1).status());
        }
        assertThat(echo.calls("/sync/smuggled")).isZero();
    }

    /** In two or three pieces, and byte by byte: always the same answers. */
    @ParameterizedTest
    @MethodSource({"whereAMessageEnds", "whatARequestAsksFor"})
    void piecesMakeNoDifference(Trick trick) throws IOException {
        byte[] bytes = trick.bytes().getBytes(ISO_8859_1);
        int[] splits = transport == Transport.PLAIN ? new int[] {2, 3, bytes.length} : new int[] {3};
        for (int pieces : splits) {
            echo.forget();
            List<Reply> replies = send(new Case(NUMBER, bytes, pieces));
            assertThat(trick.statuses()).contains(replies.get(0).status());
            assertThat(echo.calls("/sync/smuggled")).isZero();
        }
    }
}
