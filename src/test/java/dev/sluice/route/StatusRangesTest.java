package dev.sluice.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatusRangesTest {

    @ParameterizedTest
    @CsvSource({
        "304, 304, true",
        "304, 303, false",
        "2xx, 200, true",
        "2xx, 299, true",
        "2xx, 300, false",
        "2xx, 199, false",
        "1xx-3xx, 100, true",
        "1xx-3xx, 399, true",
        "1xx-3xx, 400, false",
        "400-404, 404, true",
        "400-404, 405, false",
        "400-4xx, 499, true",
    })
    void contains(String part, int status, boolean contained) {
        assertThat(StatusRanges.parse(List.of(part)).contains(status)).isEqualTo(contained);
    }

    @Test
    void partsAddUp() {
        StatusRanges ranges = StatusRanges.parse(List.of("2xx", " 304 ", "400-404"));
        assertThat(ranges.contains(204)).isTrue();
        assertThat(ranges.contains(304)).isTrue();
        assertThat(ranges.contains(402)).isTrue();
        assertThat(ranges.contains(303)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "abc", "6xx", "099", "20", "2000", "2x", "404-400", "3xx-2xx", "200-", "-200", "200–300"})
    void nonsenseIsRefusedByName(String part) {
        assertThatThrownBy(() -> StatusRanges.parse(List.of(part)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + part + "'");
    }
}
