package dev.sluice.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryPolicyTest {

    private static final RetryPolicy POLICY = policy(3, Duration.ofSeconds(1), Duration.ofMinutes(5), Set.of(503));

    @ParameterizedTest
    @CsvSource({"1, 2000", "2, 4000", "3, 8000", "8, 256000", "9, 300000", "39, 300000", "41, 300000", "10000, 300000"})
    void theWaitIsRandomBetweenTheBackoffAndItsDoublingBound(int attempt, long bound) {
        Random random = new Random(1);
        long least = Long.MAX_VALUE;
        long most = 0;
        for (int i = 0; i < 2_000; i++) {
            long wait = POLICY.wait(attempt, random).toMillis();
            least = Math.min(least, wait);
            most = Math.max(most, wait);
        }
        long tolerance = (bound - 1_000) / 50;
        assertThat(least).isBetween(1_000L, 1_000 + tolerance);
        assertThat(most).isBetween(bound - tolerance, bound);
    }

    @Test
    void equalBoundsLeaveNoChoice() {
        Duration second = Duration.ofSeconds(1);
        assertThat(policy(2, second, second, Set.of()).wait(1, new Random(1))).isEqualTo(second);
    }

    @Test
    void theLongestBackoffDoesNotOverflow() {
        Duration years = Duration.ofDays(3650);
        for (int attempt = 1; attempt < 70; attempt++) {
            assertThat(policy(99, years, years, Set.of()).wait(attempt, new Random(1)))
                    .as("attempt %d", attempt)
                    .isEqualTo(years);
            assertThat(policy(99, Duration.ofDays(1), years, Set.of()).wait(attempt, new Random(attempt)))
                    .as("attempt %d", attempt)
                    .isBetween(Duration.ofDays(1), years);
        }
    }

    /** Each wait is up to as long as all before, so that they double. */
    @Test
    void aBackendThatCannotBeCalledIsProbedMoreAndMoreSeldom() {
        Random random = new Random(1);
        Duration waited = Duration.ZERO;
        int probes = 0;
        for (; waited.compareTo(Duration.ofDays(1)) < 0; probes++) {
            Duration wait = POLICY.probe(waited, random);
            assertThat(wait).isBetween(Duration.ofSeconds(1), Duration.ofMinutes(5));
            waited = waited.plus(wait);
        }
        assertThat(probes).isLessThan(700);
        assertThat(POLICY.probe(Duration.ZERO, random)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void onlyTheStatusesNamed() {
        assertThat(POLICY.retries(503)).isTrue();
        assertThat(POLICY.retries(500)).isFalse();
    }

    private static RetryPolicy policy(int attempts, Duration backoff, Duration maxBackoff, Set<Integer> retryOn) {
        return new RetryPolicy(attempts, backoff, maxBackoff, retryOn, Duration.ofMinutes(15), Duration.ofHours(24));
    }
}
