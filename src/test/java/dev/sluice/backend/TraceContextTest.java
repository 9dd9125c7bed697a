package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which traces are continued, held against the cases of the W3C's own test suite. */
class TraceContextTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String SPAN = "00f067aa0ba902b7";
    private static final String WELL_FORMED = "00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]";

    @ParameterizedTest
    @CsvSource({
        "00-" + TRACE + "-" + SPAN + "-01, 01",
        "00-" + TRACE + "-" + SPAN + "-00, 00",
        "00-" + TRACE + "-" + SPAN + "-03, 03",
        "00-" + TRACE + "-" + SPAN + "-ff, 03",
        "' 00-" + TRACE + "-" + SPAN + "-01 ', 01",
        "01-" + TRACE + "-" + SPAN + "-01, 01",
        "01-" + TRACE + "-" + SPAN + "-01-extra.data, 01",
        "01-" + TRACE + "-" + SPAN + "-01-, 01",
        "fe-" + TRACE + "-" + SPAN + "-0a, 02",
    })
    void aTraceIsContinuedWithASpanOfItsOwn(String sent, String flags) {
        TraceContext trace = TraceContext.of(List.of(sent));

        assertThat(trace.continued()).isTrue();
        assertThat(trace.parent())
                .matches(WELL_FORMED)
                .startsWith("00-" + TRACE + "-")
                .endsWith("-" + flags)
                .doesNotContain(SPAN);
        assertThat(trace.parent()).as("another attempt").isNotEqualTo(trace.parent());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "garbage",
                "ff-" + TRACE + "-" + SPAN + "-01",
                "0-" + TRACE + "-" + SPAN + "-01",
                "000-" + TRACE + "-" + SPAN + "-01",
                ".0-" + TRACE + "-" + SPAN + "-01",
                "FE-" + TRACE + "-" + SPAN + "-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + SPAN + "-01",
                "00-" + TRACE + "-00F067AA0BA902B7-01",
                "00-" + TRACE + "-" + SPAN + "-0A",
                "00-00000000000000000000000000000000-" + SPAN + "-01",
                "00-" + TRACE + "-0000000000000000-01",
                "00-" + TRACE + "0-" + SPAN + "-01",
                "00-" + TRACE + "-" + SPAN + "0-01",
                "00-" + TRACE + "-" + SPAN,
                "00-" + TRACE + "-" + SPAN + "-1",
                "00-" + TRACE + "-" + SPAN + "-01-extra",
                "00-" + TRACE + "-" + SPAN + "-01-",
                "00-" + TRACE + "-" + SPAN + "-01 x",
                "01-" + TRACE + "-" + SPAN + "-01.extra",
                "01-" + TRACE + "-" + SPAN + "-011",
                "00_" + TRACE + "_" + SPAN + "_01",
            })
    void anythingElseBeginsATrace(String sent) {
        TraceContext trace = TraceContext.of(List.of(sent));

        assertThat(trace.continued()).isFalse();
        assertThat(trace.parent()).matches(WELL_FORMED).doesNotContain(TRACE, SPAN);
    }

    @Test
    void noneOrMoreThanOneBeginsATrace() {
        String valid = "00-" + TRACE + "-" + SPAN + "-01";

        assertThat(TraceContext.of(List.of()).continued()).isFalse();
        assertThat(TraceContext.of(List.of(valid, valid)).continued()).isFalse();
    }

    @Test
    void tracesThatBeginHereDiffer() {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            TraceContext trace = TraceContext.of(List.of());
            ids.add(trace.traceId());
            assertThat(trace.parent()).matches(WELL_FORMED);
        }
        assertThat(ids).hasSize(1000);
    }
}
