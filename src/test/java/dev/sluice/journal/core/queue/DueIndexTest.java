package dev.sluice.journal.core.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import dev.sluice.journal.Backlog.RouteBacklog;
import dev.sluice.journal.WorkQueue.Demand;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DueIndexTest {

    private static final long NOW = 1_700_000_000_000L;

    private final DueIndex index = new DueIndex();
    private long order;

    @Test
    void takesInTheOrderOfAcceptance() {
        Job first = add("a", 3, NOW, NOW);
        Job second = add("a", 3, NOW, NOW);
        Job third = add("a", 3, NOW, NOW);
        assertThat(taken("a", 2, NOW)).containsExactly(first.id(), second.id());
        assertThat(taken("a", 2, NOW)).containsExactly(third.id());
        assertThat(taken("a", 2, NOW)).isEmpty();
    }

    @Test
    void thirtySecondsOfWaitingMakeUpForOneStepOfUrgency() {
        Job old = add("a", 4, NOW - 30_001, NOW);
        Job young = add("a", 3, NOW, NOW);
        Job older = add("a", 7, NOW - 120_001, NOW);
        Job urgent = add("a", 0, NOW - 29_000, NOW);
        assertThat(taken("a", 9, NOW)).containsExactly(urgent.id(), old.id(), older.id(), young.id());
    }

    @Test
    void holdsDelayedJobsBackUntilTheyAreDue() {
        Job late = add("a", 0, NOW, NOW + 20);
        Job soon = add("a", 7, NOW, NOW + 10);
        assertThat(taken("a", 9, NOW + 9)).isEmpty();
        assertThat(index.nextDue("a")).isEqualTo(Instant.ofEpochMilli(NOW + 10));
        assertThat(taken("a", 9, NOW + 10)).containsExactly(soon.id());
        assertThat(index.nextDue("a")).isEqualTo(Instant.ofEpochMilli(NOW + 20));
        assertThat(taken("a", 9, NOW + 20)).containsExactly(late.id());
        assertThat(index.nextDue("a")).isEqualTo(Instant.MAX);
        assertThat(index.nextDue("unknown")).isEqualTo(Instant.MAX);
    }

    @Test
    void neverStartsAJobAFractionOfAMillisecondEarly() {
        Job job = job("a", 3, NOW, Instant.ofEpochMilli(NOW).plusNanos(1));
        index.add(job, NOW);
        assertThat(taken("a", 1, NOW)).isEmpty();
        assertThat(taken("a", 1, NOW + 1)).containsExactly(job.id());
    }

    @Test
    void aJobDueBeyondTheEndOfTimeWaitsForEver() {
        index.add(job("a", 3, NOW, Instant.MAX), NOW);
        assertThat(taken("a", 1, Long.MAX_VALUE - 1)).isEmpty();
        assertThat(index.nextDue("a")).isEqualTo(Instant.MAX);
    }

    @Test
    void countsWhatWaitsAndRuns() {
        assertThat(index.backlog().of("a")).isEqualTo(RouteBacklog.EMPTY);
        add("a", 3, NOW - 5, NOW);
        Job delayed = add("a", 3, NOW, NOW + 10);
        add("b", 3, NOW - 7, NOW);
        assertThat(index.backlog().of("a")).isEqualTo(new RouteBacklog(2, 1, 0, Instant.ofEpochMilli(NOW - 5)));
        assertThat(index.backlog().waiting()).isEqualTo(3);
        assertThat(index.backlog().routes()).containsExactly("a", "b");

        taken("a", 9, NOW);
        index.started("a");
        assertThat(index.backlog().of("a")).isEqualTo(new RouteBacklog(1, 1, 1, null));

        index.advance(NOW + 10);
        assertThat(index.backlog().of("a")).isEqualTo(new RouteBacklog(1, 0, 1, Instant.ofEpochMilli(NOW)));

        assertThat(index.remove(delayed.id())).isTrue();
        assertThat(index.remove(delayed.id())).isFalse();
        assertThat(index.backlog().routes()).containsExactly("a", "b");
        index.ended("a");
        assertThat(index.backlog().of("a")).isEqualTo(RouteBacklog.EMPTY);
        assertThat(index.backlog().routes()).containsExactly("b");
        assertThat(index.backlog().waiting()).isEqualTo(1);
    }

    @Test
    void refusesAJobThatWaitsAlready() {
        Job job = add("a", 3, NOW, NOW);
        assertThatThrownBy(() -> index.add(job, NOW)).isInstanceOf(IllegalStateException.class);
        assertThat(index.backlog().waiting()).isEqualTo(1);
    }

    @Test
    void whatWasRestoredIsFoundTakenAndCounted() {
        Job before = add("a", 3, NOW, NOW);
        List<Job> found = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Job job = job("a", 3, NOW + i, Instant.ofEpochMilli(i < 500 ? NOW : NOW + 10));
            found.add(job);
            index.restore(job, NOW);
        }
        assertThat(index.backlog().waiting()).isEqualTo(1_001);
        index.restored();
        Job after = add("a", 0, NOW, NOW);
        assertThatThrownBy(() -> index.add(found.get(0), NOW)).isInstanceOf(IllegalStateException.class);
        assertThat(index.position(found.get(2).id(), NOW)).isEqualTo(5);
        assertThat(index.remove(found.get(1).id())).isTrue();
        assertThat(index.remove(found.get(1).id())).isFalse();
        assertThat(index.position(found.get(2).id(), NOW)).isEqualTo(4);
        assertThat(index.backlog().of("a")).isEqualTo(new RouteBacklog(1_001, 500, 0, Instant.ofEpochMilli(NOW)));
        assertThat(taken("a", 4, NOW))
                .containsExactly(
                        after.id(), before.id(), found.get(0).id(), found.get(2).id());
        assertThat(taken("a", 2_000, NOW + 10)).hasSize(997);
        assertThat(index.backlog().waiting()).isZero();
    }

    @Test
    void agreesWithASortedListWhateverIsDone() {
        for (long seed = 1; seed <= 20; seed++) {
            agrees(seed);
        }
    }

    private void agrees(long seed) {
        Random random = new Random(seed);
        DueIndex tested = new DueIndex();
        Map<JobId, Job> expected = new HashMap<>();
        for (int step = 0; step < 4_000; step++) {
            long now = NOW + step;
            int choice = random.nextInt(step < 2_000 ? 8 : 5);
            if (choice >= 3) {
                Job job = job(
                        "r" + random.nextInt(3),
                        random.nextInt(8),
                        now - random.nextInt(200_000),
                        Instant.ofEpochMilli(now + random.nextInt(2_000) - 1_000));
                tested.add(job, now);
                expected.put(job.id(), job);
            } else if (choice == 2 && !expected.isEmpty()) {
                JobId id = expected.keySet().iterator().next();
                assertThat(tested.remove(id)).as("seed %s", seed).isTrue();
                expected.remove(id);
            } else {
                String route = "r" + random.nextInt(3);
                int most = random.nextInt(10);
                List<JobId> want = firstDue(expected, route, most, now);
                assertThat(taken(tested, route, most, now)).as("seed %s", seed).isEqualTo(want);
                want.forEach(expected::remove);
            }
            assertThat(tested.backlog().waiting()).isEqualTo(expected.size());
        }
    }

    @Test
    void positionsAgreeWithASortedListWhateverIsDone() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int span : new int[] {1, 1_000, 1_000_000}) { // from all of one rank to all of different ones
            DueIndex tested = new DueIndex();
            List<Job> jobs = new ArrayList<>();
            for (int i = 0; i < 6_000; i++) {
                long at = NOW + i / 50 - random.nextInt(span);
                Job job = job("a", random.nextInt(8), at, Instant.ofEpochMilli(NOW));
                tested.add(job, NOW);
                jobs.add(job);
            }
            assertPositions(tested, jobs, seed);
            for (int left :
                    new int[] {4_000, 900, 20, 0}) { // of a long queue ever less is left, in the middle and in front
                while (jobs.size() > left) {
                    Job gone = jobs.remove(random.nextInt(jobs.size()));
                    assertThat(tested.remove(gone.id())).isTrue();
                    assertThat(tested.position(gone.id(), NOW)).isZero();
                }
                assertPositions(tested, jobs, seed);
                List<JobId> first = firstDue(toMap(jobs), "a", left / 3, NOW);
                assertThat(taken(tested, "a", left / 3, NOW))
                        .as("seed %s", seed)
                        .isEqualTo(first);
                jobs.removeIf(job -> first.contains(job.id()));
                assertPositions(tested, jobs, seed);
                for (int i = 0; i < left / 2; i++) {
                    Job job = job("a", random.nextInt(8), NOW + i, Instant.ofEpochMilli(NOW));
                    tested.add(job, NOW);
                    jobs.add(job);
                }
                assertPositions(tested, jobs, seed);
            }
        }
    }

    /** The order in which jobs come that is worst for blocks: each before all others, then each after the first. */
    @Test
    void positionsHoldWhereverJobsComeIn() {
        for (int step : new int[] {-1, 1}) {
            DueIndex tested = new DueIndex();
            List<Job> jobs = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                Job job = job("a", 3, NOW + (i % 2 == 0 ? step * i : step * (100_000 - i)), Instant.ofEpochMilli(NOW));
                tested.add(job, NOW);
                jobs.add(job);
            }
            assertPositions(tested, jobs, step);
            assertThat(taken(tested, "a", 3_000, NOW)).isEqualTo(firstDue(toMap(jobs), "a", 3_000, NOW));
        }
    }

    @Test
    void countsWhatIsAheadByUrgency() {
        for (int urgency = 0; urgency < 8; urgency++) {
            add("a", urgency, NOW, NOW);
            add("a", urgency, NOW, NOW + 10);
        }
        assertThat(index.backlog().ahead("a", 0)).isEqualTo(1);
        assertThat(index.backlog().ahead("a", 7)).isEqualTo(8);
        taken("a", 3, NOW); // the most urgent ones
        assertThat(index.backlog().ahead("a", 2)).isZero();
        index.advance(NOW + 10);
        assertThat(index.backlog().ahead("a", 2)).isEqualTo(3);
        assertThat(index.backlog().ahead("a", 7)).isEqualTo(13);
        assertThat(index.backlog().ahead("unknown", 7)).isZero();
    }

    private static void assertPositions(DueIndex tested, List<Job> jobs, long seed) {
        List<JobId> sorted = firstDue(toMap(jobs), "a", jobs.size(), NOW);
        for (int i = 0; i < sorted.size(); i += 1 + i / 60) {
            assertThat(tested.position(sorted.get(i), NOW)).as("seed %s", seed).isEqualTo(i + 1);
        }
    }

    private static Map<JobId, Job> toMap(List<Job> jobs) {
        Map<JobId, Job> map = new HashMap<>();
        jobs.forEach(job -> map.put(job.id(), job));
        return map;
    }

    private static List<JobId> firstDue(Map<JobId, Job> jobs, String route, int most, long now) {
        return jobs.values().stream()
                .filter(job -> job.route().equals(route) && job.dueAt().toEpochMilli() <= now)
                .sorted(Comparator.<Job>comparingLong(
                                job -> job.spec().acceptedAt().toEpochMilli()
                                        + job.spec().urgency() * 30_000L)
                        .thenComparingLong(Job::order))
                .limit(most)
                .map(Job::id)
                .toList();
    }

    private List<JobId> taken(String route, int most, long now) {
        return taken(index, route, most, now);
    }

    private static List<JobId> taken(DueIndex from, String route, int most, long now) {
        DueIndex.Taken taken = from.take(route, Demand.of(most), most, now);
        assertThat(taken.more()).isFalse();
        return taken.ids();
    }

    private Job add(String route, int urgency, long acceptedAt, long dueAt) {
        Job job = job(route, urgency, acceptedAt, Instant.ofEpochMilli(dueAt));
        index.add(job, NOW);
        return job;
    }

    private Job job(String route, int urgency, long acceptedAt, Instant dueAt) {
        order++;
        return new Job(
                new JobId(acceptedAt << 16, order),
                route,
                order,
                JobSpec.builder(Instant.ofEpochMilli(acceptedAt), 5, Duration.ofHours(24))
                        .urgency(urgency)
                        .build(),
                JobStatus.accepted(dueAt));
    }
}
