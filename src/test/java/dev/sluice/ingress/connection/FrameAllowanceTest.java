package dev.sluice.ingress.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FrameAllowanceTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final FrameAllowance allowance = new FrameAllowance(0);

    @Test
    void aBurstIsAllowedAndNotMore() {
        assertThat(allowance.take(FrameAllowance.BURST, 0)).isTrue();
        assertThat(allowance.take(1, 0)).isFalse();
    }

    @Test
    void moreComeByTheClockButNotBeyondABurst() {
        assertThat(allowance.take(FrameAllowance.BURST, 0)).isTrue();
        assertThat(allowance.take(FrameAllowance.PER_SECOND, SECOND)).isTrue();
        assertThat(allowance.take(FrameAllowance.BURST, 1_000 * SECOND)).isTrue();
        assertThat(allowance.take(1, 1_000 * SECOND)).isFalse();
    }

    /** A download whose client acknowledges each frame, however fast, with two changes of windows. */
    @Test
    void whoIsSentDataMayAcknowledgeIt() {
        for (int i = 0; i < 1_000_000; i++) {
            allowance.sent(9 + 64);
            assertThat(allowance.take(2, 0)).isTrue();
        }
    }

    /** An answer to a PING has 17 bytes. */
    @Test
    void whatIsSentInAnswerToSuchFramesDoesNotPayForThem() {
        int frames = 0;
        for (; allowance.take(2, 0); frames++) {
            allowance.sent(17);
        }
        assertThat(frames).isLessThan(2 * FrameAllowance.BURST);
    }
}
