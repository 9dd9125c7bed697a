package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Draft;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServedTurnsTest {

    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

    private final JobIds ids = new JobIds(Clock.systemUTC());
    private final Turns turns = new Turns();
    private final TurnDepths depths = new TurnDepths();

    private Job job(String route, long turn) {
        return new Draft(ids.next(), NOW).route(route).turn(turn).job().accepted(1);
    }

    private List<Long> inTurns(long... all) {
        List<Job> jobs =
                java.util.Arrays.stream(all).mapToObj(turn -> job("r", turn)).toList();
        return turns.inTurns(jobs).stream().map(job -> job.spec().turn()).toList();
    }

    @Test
    void jobsAreOrderedInTurnsAfterTheOneServedLast() {
        assertThat(turns.last("r")).isEqualTo(Long.MIN_VALUE);
        assertThat(inTurns(7, 7, 7, 0, -3)).containsExactly(-3L, 0L, 7L, 7L, 7L);
        assertThat(turns.last("r")).isEqualTo(7);
        assertThat(inTurns(0, 7, 0, -3, 7)).containsExactly(-3L, 0L, 7L, 0L, 7L);
        turns.passed("r", 0);
        assertThat(inTurns(0, 7, Long.MAX_VALUE, Long.MIN_VALUE))
                .containsExactly(7L, Long.MAX_VALUE, Long.MIN_VALUE, 0L);
        assertThat(turns.last("r")).isZero();
    }

    @Test
    void jobsOfOneTurnKeepTheirOrderAcrossRoutes() {
        List<Job> jobs = List.of(job("a", 0), job("b", 4), job("a", 0));
        assertThat(turns.inTurns(jobs)).isEqualTo(jobs);
        assertThat(turns.last("a")).isZero();
        assertThat(turns.last("b")).isEqualTo(4);
        assertThat(turns.inTurns(List.of())).isEmpty();
    }

    @Test
    void ofEachOtherTurnNoMoreComeFirstThanItHas() {
        depths.add(1, 1_000);
        depths.add(2, 3);
        depths.add(3, 1);
        assertThat(depths.others(3, 1)).isEqualTo(2);
        assertThat(depths.others(9, 1)).isEqualTo(3);
        assertThat(depths.others(1, 2)).isEqualTo(3);
        assertThat(depths.others(1, 1_000)).isEqualTo(4);
        depths.add(2, -2);
        depths.add(3, -1);
        depths.add(3, -1);
        assertThat(depths.of(3)).isZero();
        assertThat(depths.others(1, 1_000)).isEqualTo(1);
        depths.add(2, 4_999);
        assertThat(depths.others(1, 2_000)).isEqualTo(2_000);
        assertThat(depths.others(2, 5_000)).isEqualTo(1_000);
    }

    @Test
    void onlySoManyTurnsAreCountedOnTheirOwn() {
        for (int turn = 0; turn < 3 * Heads.MOST_LANES; turn++) {
            depths.add(turn, 1);
        }
        assertThat(depths.others(-1, 1)).isEqualTo(2 * Heads.MOST_LANES);
    }
}
