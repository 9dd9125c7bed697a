package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpDateTest {

    private static final Instant NOW = Instant.parse("2026-11-23T13:41:07.123Z");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Sun, 06 Nov 1994 08:49:37 GMT     | 1994-11-06T08:49:37Z
            Sunday, 06-Nov-94 08:49:37 GMT    | 1994-11-06T08:49:37Z
            Sun Nov  6 08:49:37 1994          | 1994-11-06T08:49:37Z
            Wed Nov 16 08:49:37 1994          | 1994-11-16T08:49:37Z
            Monday, 23-Nov-26 13:42:00 GMT    | 2026-11-23T13:42:00Z
            Sunday, 22-Nov-76 08:49:37 GMT    | 2076-11-22T08:49:37Z
            Friday, 24-Dec-76 08:49:37 GMT    | 1976-12-24T08:49:37Z
            Saturday, 01-Jan-77 00:00:00 GMT  | 1977-01-01T00:00:00Z
            Sat, 31 Dec 2016 23:59:60 GMT     | 2017-01-01T00:00:00Z
            Saturday, 31-Dec-16 23:59:60 GMT  | 2017-01-01T00:00:00Z
            Sat Dec 31 23:59:60 2016          | 2017-01-01T00:00:00Z
            Thu, 29 Feb 2024 00:00:00 GMT     | 2024-02-29T00:00:00Z
            """)
    void isReadInAllThreeForms(String value, Instant expected) {
        assertThat(HttpDate.parse(value, NOW)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "soon",
                "0",
                "Mon, 06 Nov 1994 08:49:37 GMT",
                "Sun, 06 Nov 1994 08:49:37 PST",
                "Sun, 06 Nov 1994 08:49:37 +0100",
                "Sun, 06 Nov 1994 08:49:37",
                "Sun, 6 Nov 1994 08:49:37 GMT",
                "Sun, 06 Nov 94 08:49:37 GMT",
                "Sun, 06-Nov-94 08:49:37 GMT",
                "Sun, 31 Feb 2027 08:49:37 GMT",
                "Sun, 06 Nov 1994 08:49:60 GMT",
                "Sun, 06 Nov 1994 24:00:00 GMT",
                "sun, 06 nov 1994 08:49:37 gmt",
                "08:49:37 1994 Nov 6",
                "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
                "1994-11-06T08:49:37Z",
            })
    void isNotReadWhenMalformed(String value) {
        assertThat(HttpDate.parse(value, NOW)).isNull();
    }

    @Test
    void isWrittenInThePreferredForm() {
        assertThat(HttpDate.format(Instant.parse("1994-11-06T08:49:37.999Z")))
                .isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
