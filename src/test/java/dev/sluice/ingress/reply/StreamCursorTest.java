package dev.sluice.ingress.reply;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamCursorTest {

    private static final Instant NOW = Instant.parse("2024-10-09T00:01:59Z");

    @Test
    void itIsTheNumberOfTheInterval() {
        assertThat(StreamCursor.next(null, NOW)).isEqualTo("5");
        assertThat(StreamCursor.next("4", NOW)).isEqualTo("5");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6", "123456789"})
    void itNeverGoesBackwards(String sent) {
        assertThat(Long.parseLong(StreamCursor.next(sent, NOW))).isGreaterThan(Long.parseLong(sent));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-7", "99999999999999999999"})
    void whatIsNoCursorIsIgnored(String sent) {
        assertThat(StreamCursor.next(sent, NOW)).isEqualTo("5");
    }
}
