package dev.sluice.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.loadtest.measure.Phase;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefusalsTest {

    private final Phase phase = new Phase("full", 0, Duration.ZERO, 0, () -> {});
    private final Refusals refusals = new Refusals(URI.create("http://127.0.0.1:1"), "/full", phase);

    @Test
    void countsWhatComes() {
        refusals.answered(0, new Answer(202, "HTTP/1.1 202 Accepted\r\nLocation: /jobs/1", ""), 1);
        refusals.answered(1, refusal("Retry-After: 3"), 1);
        refusals.answered(2, refusal("Content-Length: 0"), 1);
        refusals.answered(3, new Answer(500, "HTTP/1.1 500 Internal Server Error", ""), 1);

        assertThat(refusals.accepted()).isEqualTo(1);
        assertThat(refusals.refused()).isEqualTo(2);
        assertThat(refusals.withoutRetryAfter()).isEqualTo(1);
        assertThat(phase.failed().sum()).isEqualTo(1);
        assertThat(phase.latency().total().getTotalCount()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "1.5", "soon", "Sun, 29 Nov 2026 08:00:00 GMT"})
    void wholeSecondsFromOneOnAreWhatWasPromised(String value) {
        assertThat(Refusals.honest(value)).isFalse();
        assertThat(Refusals.honest("12")).isTrue();
    }

    private static Answer refusal(String field) {
        return new Answer(503, "HTTP/1.1 503 Service Unavailable\r\n" + field, "");
    }
}
