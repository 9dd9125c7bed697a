package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.ingress.exchange.Target;
import dev.sluice.ingress.forwarded.EndToEndFields;
import dev.sluice.ingress.header.EntityTags;
import dev.sluice.ingress.header.IdempotencyKeyHeader;
import dev.sluice.job.Headers;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read of a request's head. */
class HeadTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/.",
                "/..",
                "/a/..",
                "/a/../b",
                "/./a",
                "/a/.",
                "/%2e",
                "/%2E%2e/a",
                "/a/.%2e",
                "/a/%2e./b",
                "/a/..;x=1/b",
                "/a/..%3bx/b",
                "/a\\..\\b",
                "/a/..%2fb",
                "/a%2F..%2Fb",
                "/a%5c..%5cb",
                "/..?x",
                "/a/.;p"
            })
    void dotSegmentsAreRefused(String sent) {
        assertThatThrownBy(() -> Target.of(sent))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refusal -> assertThat(refusal.problem()).isEqualTo(Problem.BAD_REQUEST));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/a",
                "/a/",
                "//",
                "/a.b",
                "/.well-known/x",
                "/...",
                "/a..b",
                "/..a",
                "/a..",
                "/%2ea",
                "/a%2e",
                "/%",
                "/%2",
                "/%zz",
                "/%3g",
                "/a?x=/../b",
                "/a/%252e%252e/b",
                "/;..",
                "/a;x=../b"
            })
    void otherPathsAreTakenAsSent(String sent) {
        assertThat(Target.of(sent).raw()).isEqualTo(sent);
    }

    @Test
    void pathAndQueryAreNeverDecoded() {
        Target target = Target.of("/a%20b/%C3%A4?q=1%262&empty=&q=3&flag");
        assertThat(target.path()).isEqualTo("/a%20b/%C3%A4");
        assertThat(target.query()).isEqualTo("q=1%262&empty=&q=3&flag");
        assertThat(target.parameter("q")).isEqualTo("1%262");
        assertThat(target.parameter("empty")).isEmpty();
        assertThat(target.parameter("flag")).isNull();
        assertThat(target.authority()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "http://gateway.example:8080/a/b?c, gateway.example:8080, /a/b?c",
        "HTTPS://gateway.example/a, gateway.example, /a",
        "http://gateway.example, gateway.example, /",
        "http://gateway.example?x=1, gateway.example, /?x=1"
    })
    void absoluteFormIsTaken(String sent, String authority, String raw) {
        assertThat(Target.of(sent).authority()).isEqualTo(authority);
        assertThat(Target.of(sent).raw()).isEqualTo(raw);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "a",
                "gateway.example:443",
                "ftp://gateway.example/a",
                "",
                "/a#b",
                "/\u00e4",
                "/a b",
                "/a\tb"
            })
    void whatIsNoPathIsRefused(String sent) {
        assertThatThrownBy(() -> Target.of(sent)).isInstanceOf(ProblemException.class);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {"abc, abc", "\"abc\", abc", "\"a\\\"b\\\\c\", a\"b\\c", "a\"b, a\"b", "~ x ~, x", "\"\\\"\", \""})
    void idempotencyKeysAreQuotedOrBare(String sent, String key) {
        assertThat(IdempotencyKeyHeader.read(List.of(sent))).isEqualTo(key);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "\"\"",
                "\"",
                "\"abc",
                "\"a\"b",
                "a b",
                "\"a b\"",
                "a\u00e4",
                "\"a\\x\"",
                "\"a\\\"",
                "\"a\";p=1"
            })
    void otherIdempotencyKeysAreRefused(String sent) {
        assertThatThrownBy(() -> IdempotencyKeyHeader.read(List.of(sent)))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refusal -> assertThat(refusal.problem()).isEqualTo(Problem.BAD_HEADER));
    }

    @Test
    void idempotencyKeysHaveALengthAndComeOnce() {
        assertThat(IdempotencyKeyHeader.read(List.of())).isNull();
        assertThat(IdempotencyKeyHeader.read(List.of("k".repeat(255)))).hasSize(255);
        assertThatThrownBy(() -> IdempotencyKeyHeader.read(List.of("k".repeat(256))))
                .isInstanceOf(ProblemException.class);
        assertThatThrownBy(() -> IdempotencyKeyHeader.read(List.of("a", "a"))).isInstanceOf(ProblemException.class);
    }

    @Test
    void fieldsOfTheConnectionAreNotKept() {
        DefaultHttpHeaders received = new DefaultHttpHeaders();
        received.add("Host", "gateway.example")
                .add("X-One", "1")
                .add("connection", "close, X-Secret")
                .add("Connection", "x-other")
                .add("x-secret", "s")
                .add("X-OTHER", "o")
                .add("Keep-Alive", "timeout=5")
                .add("TE", "trailers")
                .add("Trailer", "X-Sum")
                .add("Transfer-Encoding", "chunked")
                .add("Upgrade", "h2c")
                .add("HTTP2-Settings", "AAMAAABk")
                .add("Proxy-Authorization", "Basic eDp5")
                .add("Expect", "100-continue")
                .add("Forwarded", "for=1.1.1.1")
                .add("X-Forwarded-For", "1.1.1.1")
                .add("x-forwarded-anything", "1")
                .add("X-One", "2")
                .add("Prefer", "respond-async")
                .add("Cookie", "a=b");
        assertThat(EndToEndFields.of(received, Origins.STRANGER, false))
                .isEqualTo(Headers.of(
                        "Host",
                        "gateway.example",
                        "X-One",
                        "1",
                        "X-One",
                        "2",
                        "Prefer",
                        "respond-async",
                        "Cookie",
                        "a=b"));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {
                "\"3\", true",
                "W/\"3\", true",
                "*, true",
                "~\"1\", \"3\"~, true",
                "~\"a,b\", W/\"3\"~, true",
                "\"2\", false",
                "3, false",
                "\"3, false",
                "\"13\", false",
                "~\"*\"~, false"
            })
    void entityTagsAreComparedWeakly(String ifNoneMatch, boolean matches) {
        assertThat(EntityTags.match(List.of(ifNoneMatch), "\"3\"")).isEqualTo(matches);
    }

    @Test
    void noTagMatchesNothing() {
        assertThat(EntityTags.match(List.of(), "\"3\"")).isFalse();
    }
}
