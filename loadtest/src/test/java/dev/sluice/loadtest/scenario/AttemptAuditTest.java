package dev.sluice.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.loadtest.load.FaultyBackend;
import org.junit.jupiter.api.Test;

class AttemptAuditTest {

    private final AttemptAudit.Verdicts verdicts = new AttemptAudit.Verdicts(5);

    @Test
    void whatIsAsPromisedIsCountedOnly() {
        verdicts.job("succeeded", new FaultyBackend.Calls(3, 1));
        verdicts.job("failed", new FaultyBackend.Calls(5, 0));

        assertThat(verdicts.calls).containsExactly(3.0, 5.0);
        assertThat(verdicts.failed).isEqualTo(1);
        assertThat(verdicts.tooMany + verdicts.falseSuccess + verdicts.falseFailure + verdicts.early + verdicts.twice)
                .isZero();
    }

    @Test
    void whatIsNotIsFound() {
        verdicts.job("succeeded", new FaultyBackend.Calls(6, 1));
        verdicts.job("succeeded", new FaultyBackend.Calls(1, 0));
        verdicts.job("failed", new FaultyBackend.Calls(5, 1));
        verdicts.job("failed", new FaultyBackend.Calls(2, 0));
        verdicts.job("succeeded", new FaultyBackend.Calls(2, 2));

        assertThat(verdicts.tooMany).isEqualTo(1);
        assertThat(verdicts.falseSuccess).isEqualTo(1);
        assertThat(verdicts.falseFailure).isEqualTo(1);
        assertThat(verdicts.early).isEqualTo(1);
        assertThat(verdicts.twice).isEqualTo(1);
    }
}
