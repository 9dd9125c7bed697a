package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.exchange.DotSegments;
import dev.sluice.ingress.exchange.Target;
import dev.sluice.ingress.forwarded.ClientOrigin;
import dev.sluice.ingress.forwarded.EndToEndFields;
import dev.sluice.ingress.forwarded.TrustedProxies;
import dev.sluice.ingress.header.ByteRange;
import dev.sluice.ingress.header.EntityTags;
import dev.sluice.ingress.header.IdempotencyKeyHeader;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.Priority;
import dev.sluice.ingress.header.Timing;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever stands in a field or a target, reading it ends in a value or a refusal, and in time that grows with its length. */
class StrangeValuesTest {

    private static final String[] PARTS = {
        "\"",
        "\\",
        ",",
        ";",
        "=",
        "/",
        "..",
        "%2e",
        "%",
        "-",
        ":",
        "[",
        "]",
        "*",
        "W/",
        " ",
        "\t",
        "a",
        "0",
        "99999999999",
        "wait",
        "u",
        "for",
        "bytes",
        "PT",
        "T",
        "Z",
        "http://",
        "@",
        "?",
        "&",
        "_",
        "unknown",
        "keep-alive"
    };

    private static final int SHORT = 8 * 1024;
    private static final int LONG = 64 * 1024;

    /** Less than this is next to nothing. */
    private static final long NANOS = 20_000_000;

    /**
     * One of those who read what strangers wrote.
     *
     * @param name what it reads
     */
    record Parser(String name, Consumer<String> reader) {

        /** Reads a value; a refusal is an answer too. */
        void read(String value) {
            try {
                reader.accept(value);
            } catch (ProblemException refused) {
                assertThat(refused.failure().detail()).hasSizeLessThan(500);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Parser> parsers() {
        Instant now = Instant.parse("2026-11-23T13:41:07Z");
        TrustedProxies proxies = TrustedProxies.of(List.of("0.0.0.0/0", "::/0"));
        return Stream.of(
                new Parser("Prefer", value -> Preferences.of(List.of(value))),
                new Parser("Prefer, passed on", Preferences::rest),
                new Parser("Priority", value -> Priority.urgency(List.of(value))),
                new Parser("Idempotency-Key", value -> IdempotencyKeyHeader.read(List.of(value))),
                new Parser("Sluice-Delay", value -> Timing.of(fields("Sluice-Delay", value), now)),
                new Parser("Sluice-Not-Before", value -> Timing.of(fields("Sluice-Not-Before", value), now)),
                new Parser("Sluice-Deadline", value -> Timing.of(fields("Sluice-Deadline", value), now)),
                new Parser("Range", value -> ByteRange.of(value, 1_000)),
                new Parser(
                        "If-Range",
                        value -> ByteRange.of(fields("If-Range", value).add("Range", "bytes=0-1"), "\"1\"", null, 9)),
                new Parser("If-None-Match", value -> EntityTags.match(List.of(value), "\"1\"")),
                new Parser(
                        "Connection", value -> EndToEndFields.of(fields("Connection", value), Origins.STRANGER, false)),
                new Parser("Forwarded", value -> origin(proxies, fields("Forwarded", value))),
                new Parser("X-Forwarded-For", value -> origin(proxies, fields("X-Forwarded-For", value))),
                new Parser("X-Forwarded-Host", value -> origin(proxies, fields("X-Forwarded-Host", value))),
                new Parser("X-Forwarded-Prefix", value -> origin(proxies, fields("X-Forwarded-Prefix", value))),
                new Parser("target", Target::of),
                new Parser("path", value -> Target.of("/" + value)),
                new Parser("query", value -> Target.of("/?" + value).parameter("a")),
                new Parser("path, dot segments", DotSegments::in));
    }

    private static HttpHeaders fields(String name, String value) {
        return new DefaultHttpHeaders(false).add(name, value);
    }

    private static ClientOrigin origin(TrustedProxies proxies, HttpHeaders fields) {
        return proxies.origin(InetAddress.getLoopbackAddress(), "http", "g", fields);
    }

    @ParameterizedTest
    @MethodSource("parsers")
    void endInAValueOrARefusal(Parser parser) {
        Nonsense.each(PARTS, parser::read);
    }

    @ParameterizedTest
    @MethodSource("parsers")
    void takeTimeThatGrowsWithTheLength(Parser parser) {
        for (String part : PARTS) {
            for (String begin : new String[] {"", "\"", "for=\"", "for=\"[", "[", "bytes=", "/"}) {
                assertLinear(begin + "+" + part, length -> parser.read(repeated(begin, part, length)));
            }
        }
    }

    @Test
    void soDoManyFields() {
        assertLinear("fields that Connection names", length -> {
            HttpHeaders fields = fields("Connection", repeated("", "a,", length / 2));
            for (int i = 0; i < length / 8; i++) {
                fields.add("b" + i, "");
            }
            EndToEndFields.of(fields, Origins.STRANGER, false);
        });
    }

    private static String repeated(String begin, String part, int length) {
        return begin + part.repeat(length / part.length());
    }

    /** Eight times the length takes 64 times as long if every character is looked at once for each of the others. */
    private static void assertLinear(String what, Consumer<Integer> task) {
        long nanos = fastest(task, LONG);
        if (nanos > NANOS) {
            assertThat(nanos).as("nanoseconds for " + what).isLessThan(24 * fastest(task, SHORT));
        }
    }

    private static long fastest(Consumer<Integer> task, int length) {
        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < 3 && fastest > NANOS / 64; i++) {
            long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            task.accept(length);
            fastest = Math.min(fastest, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before);
        }
        return fastest;
    }
}
