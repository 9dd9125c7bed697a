package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Draft;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadsTest {

    private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");
    private static final QueueLane LANE = new QueueLane("r", 0);
    private static final long SLACK = 250;
    private static final long SLOW = Duration.ofSeconds(1).toNanos();
    private static final long MANY = 20_000;

    private final JobIds ids = new JobIds(Clock.systemUTC());
    private final Heads heads = new Heads();

    private Job job(int seconds, int urgency) {
        Instant at = NOW.plusSeconds(seconds);
        return new Draft(ids.next(), at).route("r").urgency(urgency).job().accepted(1);
    }

    private void claimed(long nanos, Job... jobs) {
        heads.claimed(List.of(jobs), heads.begin(), nanos);
    }

    private void counted(long dead) {
        heads.counted(Map.of(), dead);
    }

    private long head(String route) {
        return heads.of(route, 0, 9).get(0).rank();
    }

    private void need() {
        heads.counting();
        counted(MANY);
        claimed(SLOW);
        assertThat(heads.areNeeded()).isTrue();
    }

    @Test
    void theyAreNeededWhenClaimsAreSlowForOldRows() {
        counted(MANY);
        for (int i = 0; i < 100; i++) {
            claimed(Duration.ofMillis(1).toNanos(), job(0, 3));
        }
        assertThat(heads.areNeeded()).as("claims are quick").isFalse();
        assertThat(heads.begin().bounded()).isFalse();
        assertThat(heads.all(9)).isEmpty();
        need();
        claimed(0, job(0, 3)); // looked at no more than it had to
        assertThat(heads.areNeeded()).isTrue();
        counted(0);
        assertThat(heads.areNeeded()).isFalse();
        claimed(SLOW, job(0, 3));
        assertThat(heads.areNeeded()).as("few rows are dead").isFalse();
    }

    @Test
    void theyFollowClaimsAndWhatComesInFront() {
        need();
        Job first = job(10, 3);
        claimed(0, job(20, 3), first);
        assertThat(head("r")).isEqualTo(Heads.rank(first) - SLACK);
        assertThat(heads.all(9)).containsExactly(new Heads.From(LANE, Heads.rank(first) - SLACK));
        heads.waits(LANE, Heads.rank(job(30, 3)));
        assertThat(head("r")).isEqualTo(Heads.rank(first) - SLACK);
        Job urgent = job(11, 0);
        heads.waits(LANE, Heads.rank(urgent));
        assertThat(head("r")).isEqualTo(Heads.rank(urgent) - SLACK);
        assertThat(head("other")).isZero();
    }

    @Test
    void aClaimUnderWayForgetsNothingThatCameInFront() {
        need();
        claimed(0, job(10, 3));
        Heads.Begun begun = heads.begin();
        assertThat(head("r")).isEqualTo(Heads.rank(job(10, 3)) - SLACK);
        heads.waits(LANE, Heads.rank(job(11, 0)));
        heads.claimed(List.of(job(12, 3)), begun, 0);
        assertThat(head("r")).isEqualTo(Heads.rank(job(11, 0)) - SLACK);
        claimed(0, job(13, 3));
        assertThat(head("r")).isEqualTo(Heads.rank(job(13, 3)) - SLACK);
    }

    @Test
    void anEmptyQueueSaysNothingOfDeadRows() {
        need();
        counted(-1);
        assertThat(heads.areNeeded()).isTrue();
    }

    @Test
    void aCountSetsThemRightButForgetsNothingThatCameMeanwhile() {
        need();
        claimed(0, job(100, 3));
        heads.counting();
        heads.counted(Map.of(LANE, Heads.rank(job(50, 3))), MANY); // another node put it there
        assertThat(head("r")).isEqualTo(Heads.rank(job(50, 3)) - SLACK);
        heads.counting();
        heads.waits(LANE, Heads.rank(job(40, 3)));
        heads.counted(Map.of(LANE, Heads.rank(job(90, 3))), MANY);
        assertThat(head("r")).isEqualTo(Heads.rank(job(40, 3)) - SLACK);
        heads.counting();
        counted(MANY);
        assertThat(head("r")).as("nothing waits").isEqualTo(Heads.rank(job(40, 3)) - SLACK);
    }
}
