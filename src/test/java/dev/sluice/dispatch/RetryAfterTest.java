package dev.sluice.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {

    private static final Duration LONGEST = Duration.ofMinutes(15);
    private static final Instant NOW = Instant.parse("2026-11-23T13:41:07.123Z");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    0                              | 2026-11-23T13:41:07.123Z
                    120                            | 2026-11-23T13:43:07.123Z
                     7                             | 2026-11-23T13:41:14.123Z
                    99999999999999999999           | 2026-11-23T13:56:07.123Z
                    Mon, 23 Nov 2026 13:42:00 GMT  | 2026-11-23T13:42:00Z
                    Monday, 23-Nov-26 13:42:00 GMT | 2026-11-23T13:42:00Z
                    Mon Nov 23 13:42:00 2026       | 2026-11-23T13:42:00Z
                    Mon, 23 Nov 2026 13:42:00 -0000 | 2026-11-23T13:42:00Z
                    Mon, 23 Nov 2026 13:42:00 UTC  | 2026-11-23T13:42:00Z
                    Mon, 23 Nov 2026 13:41:00 GMT  | 2026-11-23T13:41:07.123Z
                    Sunday, 06-Nov-94 08:49:37 GMT | 2026-11-23T13:41:07.123Z
                    Sun Nov  6 08:49:37 1994       | 2026-11-23T13:41:07.123Z
                    Tue, 31 Dec 2199 00:00:00 GMT  | 2026-11-23T13:56:07.123Z
                    """)
    void isReadInAllItsForms(String value, Instant expected) {
        assertThat(RetryAfter.of(Headers.of("retry-after", value), NOW, LONGEST))
                .contains(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "soon", "-1", "1.5", "+3", "٣", "2026-11-23T13:42:00Z", "Mon, 99 Nov 2026 13:42:00 GMT"})
    void isIgnoredWhenMalformed(String value) {
        assertThat(RetryAfter.of(Headers.of("Retry-After", value), NOW, LONGEST))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    Mon, 23 Nov 2026 11:41:00 GMT  | Mon, 23 Nov 2026 11:42:00 GMT  | 2026-11-23T13:42:07.123Z
                    Wed, 25 Nov 2026 13:41:00 GMT  | Wed, 25 Nov 2026 13:41:30 GMT  | 2026-11-23T13:41:37.123Z
                    Wed, 25 Nov 2026 13:41:00 GMT  | Mon, 23 Nov 2026 13:42:00 GMT  | 2026-11-23T13:41:07.123Z
                    yesterday                      | Mon, 23 Nov 2026 13:42:00 GMT  | 2026-11-23T13:42:00Z
                    Mon, 23 Nov 2026 11:41:00 GMT  | 120                            | 2026-11-23T13:43:07.123Z
                    """)
    void aDateCountsFromThatOfTheAnswer(String date, String value, Instant expected) {
        assertThat(RetryAfter.of(Headers.of("Date", date, "Retry-After", value), NOW, LONGEST))
                .contains(expected);
    }

    @org.junit.jupiter.api.Test
    void isOptional() {
        assertThat(RetryAfter.of(Headers.NONE, NOW, LONGEST)).isEmpty();
    }
}
