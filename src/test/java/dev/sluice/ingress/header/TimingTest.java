package dev.sluice.ingress.header;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.ingress.Nonsense;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimingTest {

    private static final Instant NOW = Instant.parse("2026-11-23T13:41:07.123Z");

    private static HttpHeaders request(String... namesAndValues) {
        HttpHeaders request = new DefaultHttpHeaders(false);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            request.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return request;
    }

    private static Timing of(String... namesAndValues) {
        return Timing.of(request(namesAndValues), NOW);
    }

    @Test
    void isNowWithoutAnyField() {
        assertThat(of("Sluice-Other", "x", "Accept", "*/*")).isEqualTo(new Timing(NOW, null));
    }

    @ParameterizedTest
    @CsvSource({
        "500ms, 500",
        "0s, 0",
        "30s, 30_000",
        "5m, 300_000",
        "2h, 7_200_000",
        "1d, 86_400_000",
        "365d, 31_536_000_000",
        "' 30s ', 30_000",
        "0000000000000000000030s, 30_000",
        "PT2H, 7_200_000",
        "pt2h, 7_200_000",
        "P1DT1M, 86_460_000",
        "PT1.5S, 1_500",
        "PT0.0001S, 1",
        "PT0S, 0",
        "-PT0S, 0"
    })
    void aDelay(String value, String millis) {
        Duration expected = Duration.ofMillis(Long.parseLong(millis.replace("_", "")));
        assertThat(of("sluice-delay", value)).isEqualTo(new Timing(NOW.plus(expected), null));
        if (!value.contains(".")) {
            assertThat(of("SLUICE-DEADLINE", value)).isEqualTo(new Timing(NOW, NOW.plus(expected)));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Tue, 24 Nov 2026 08:49:37 GMT    | 2026-11-24T08:49:37Z
            Tuesday, 24-Nov-26 08:49:37 GMT  | 2026-11-24T08:49:37Z
            Tue Nov 24 08:49:37 2026         | 2026-11-24T08:49:37Z
            Tue Dec  1 08:49:37 2026         | 2026-12-01T08:49:37Z
            2026-11-24T08:49:37Z             | 2026-11-24T08:49:37Z
            2026-11-24T08:49Z                | 2026-11-24T08:49:00Z
            2026-11-24t08:49:37.5z           | 2026-11-24T08:49:37.500Z
            2026-11-24T08:49:37+01:00        | 2026-11-24T07:49:37Z
            2026-11-24T08:49:37-05:30        | 2026-11-24T14:19:37Z
            2027-11-23T13:41:07.123Z         | 2027-11-23T13:41:07.123Z
            """)
    void anInstant(String value, Instant expected) {
        assertThat(of("Sluice-Not-Before", value)).isEqualTo(new Timing(expected, null));
        assertThat(of("Sluice-Deadline", value)).isEqualTo(new Timing(NOW, expected));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Sun, 06 Nov 1994 08:49:37 GMT", "2026-11-23T13:41:07.122Z", "0000-01-01T00:00:00Z"})
    void anInstantOfThePast(String value) {
        assertThat(of("Sluice-Not-Before", value)).isEqualTo(new Timing(NOW, null));
        Timing late = of("Sluice-Deadline", value);
        assertThat(late.deadline()).isBefore(NOW);
        assertImpossible(late, "Sluice-Deadline has passed; expected one that is still to come");
    }

    @Test
    void theLaterOfTwoBeginnings() {
        String date = "2026-11-23T13:42:07.123Z";
        assertThat(of("Sluice-Delay", "1s", "Sluice-Not-Before", date).dueAt()).isEqualTo(Instant.parse(date));
        assertThat(of("Sluice-Delay", "1h", "Sluice-Not-Before", date).dueAt()).isEqualTo(NOW.plusSeconds(3600));
    }

    @Test
    void neverEarlierThanSaid() {
        assertThat(of("Sluice-Not-Before", "2026-11-24T08:49:37.0000001Z").dueAt())
                .isEqualTo(Instant.parse("2026-11-24T08:49:37.001Z"));
    }

    @Test
    void aDeadlineIsAttainableIfTheJobStartsBeforeAndFinishesByThen() {
        assertThat(of().attainable(Instant.MAX)).isTrue();
        Timing timing = of("Sluice-Deadline", "90s", "Sluice-Delay", "30s");
        assertThat(timing.attainable(null)).isTrue();
        assertThat(timing.attainable(NOW.plusSeconds(90))).isTrue();
        assertThat(timing.attainable(NOW.plusSeconds(91))).isFalse();
        assertThat(timing.impossible(NOW)).isNull();
        assertThat(of("Sluice-Delay", "1h").impossible(NOW)).isNull();
    }

    @Test
    void whatNoGatewayCouldKeepIsImpossible() {
        assertImpossible(of("Sluice-Deadline", "0s"), "Sluice-Deadline has passed");
        String late = "Sluice-Deadline is not after the instant before which the job must not be started";
        assertImpossible(of("Sluice-Deadline", "30s", "Sluice-Delay", "30s"), late);
        assertImpossible(of("Sluice-Deadline", "30s", "Sluice-Delay", "1h"), late);
        assertImpossible(of("Sluice-Deadline", "30s", "Sluice-Not-Before", "2026-11-24T08:49:37Z"), late);
    }

    private static void assertImpossible(Timing timing, String detail) {
        ProblemException refusal = timing.impossible(NOW);
        assertThat(refusal).isNotNull();
        assertThat(refusal.problem()).isEqualTo(Problem.BAD_HEADER);
        assertThat(refusal.failure().detail()).startsWith(detail);
        assertThat(refusal.fields()).as("nothing that says when to try again").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "s",
                "30",
                "30 s",
                "30S",
                "1.5s",
                "30sec",
                "1h30m",
                "ms",
                "+30s",
                "P",
                "PT",
                "1y",
                "٣s",
                "soon",
                "PT99999999999999999999H",
                "2026-11-24T08:49:37Z"
            })
    void aDelayThatIsNone(String value) {
        assertBad("Sluice-Delay", "is malformed", "a duration such as 500ms", "sluice-delay", value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "30s",
                "2026-11-24",
                "2026-11-24T08:49:37",
                "2026-11-24 08:49:37Z",
                "2026-13-24T08:49:37Z",
                "2026-02-29T08:49:37Z",
                "Tue, 24 Nov 2026 08:49:37 UTC",
                "Tue, 24 Nov 2026 08:49:37 +0000",
                "Mon, 24 Nov 2026 08:49:37 GMT",
                "Tue, 4 Nov 2026 08:49:37 GMT",
                "Tue, 31 Feb 2026 08:49:37 GMT",
                "Tue Nov 24 08:49:37 26",
                ",",
                "abc,",
                "1795509577"
            })
    void anInstantThatIsNone(String value) {
        assertBad("Sluice-Not-Before", "is malformed", "an HTTP date such as", "sluice-not-before", value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "30", "soon", "2026-11-24", "P1X", "+1s", "Tue, 24 Nov 2026"})
    void aDeadlineThatIsNone(String value) {
        assertBad("Sluice-Deadline", "is malformed", "or an HTTP date such as", "sluice-deadline", value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1s", "-5m", "PT-1S", "-PT1S", "P-1D", "-PT0.001S"})
    void aNegativeDuration(String value) {
        assertBad("Sluice-Delay", "is negative", "a duration such as", "Sluice-Delay", value);
        assertBad("Sluice-Deadline", "is negative", "a duration such as", "Sluice-Deadline", value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"366d", "31536000001ms", "99999999999999999999999999d", "PT8761H", "P400D"})
    void aDurationThatIsTooLong(String value) {
        assertBad("Sluice-Delay", "is more than 365 days ahead", "a duration such as", "Sluice-Delay", value);
        assertBad("Sluice-Deadline", "is more than 365 days ahead", "a duration such as", "Sluice-Deadline", value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2027-11-23T13:41:07.124Z", "9999-12-31T23:59:59Z", "Thu, 31 Dec 9998 23:59:59 GMT"})
    void anInstantThatIsTooFarAhead(String value) {
        assertBad("Sluice-Not-Before", "is more than 365 days ahead", "an HTTP date", "Sluice-Not-Before", value);
        assertBad("Sluice-Deadline", "is more than 365 days ahead", "an HTTP date", "Sluice-Deadline", value);
    }

    @ParameterizedTest
    @CsvSource({"Sluice-Delay, 1s", "Sluice-Not-Before, 2026-11-24T08:49:37Z", "Sluice-Deadline, 1s"})
    void aFieldThatIsRepeated(String field, String value) {
        assertBad(field, "was sent more than once", "expected", field, value, field, value);
    }

    private static void assertBad(String field, String what, String expected, String... namesAndValues) {
        ProblemException refusal = catchThrowableOfType(ProblemException.class, () -> of(namesAndValues));
        assertThat(refusal).as(namesAndValues[1]).isNotNull();
        assertThat(refusal.problem()).isEqualTo(Problem.BAD_HEADER);
        assertThat(refusal.failure().detail())
                .startsWith(field + " " + what + "; expected")
                .contains(expected)
                .endsWith(".");
    }

    @Test
    void nonsenseIsRefusedAndNothingElse() {
        String[] parts = {
            "1",
            "30",
            "99999999999",
            "ms",
            "s",
            "d",
            "P",
            "T",
            "PT",
            "H",
            "-",
            "+",
            ".",
            ":",
            " ",
            "Z",
            "Mon, ",
            "Nov",
            "2026-11-24",
            "T08:49:37",
            "GMT",
            "08:49:37",
            "24"
        };
        Nonsense.each(parts, value -> {
            for (String field : new String[] {"Sluice-Delay", "Sluice-Not-Before", "Sluice-Deadline"}) {
                try {
                    assertThat(of(field, value).dueAt()).isBetween(NOW, NOW.plus(Timing.LONGEST));
                } catch (ProblemException refusal) {
                    assertThat(refusal.failure().detail()).startsWith(field);
                }
            }
        });
    }
}
