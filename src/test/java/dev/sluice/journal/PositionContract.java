package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whose turn is when. */
interface PositionContract extends JournalRig {

    @Test
    default void positionsFollowTheOrderInWhichJobsAreHandedOut() {
        Job first = accept(draft().urgency(3));
        Appended.Created urgent = (Appended.Created) get(append(draft().urgency(0)));
        Appended.Created last = (Appended.Created) get(append(draft().urgency(7)));
        Appended.Created elsewhere = (Appended.Created) get(append(draft().route("another")));
        assertThat(urgent.position()).isEqualTo(1);
        assertThat(last.position()).isEqualTo(3);
        assertThat(elsewhere.position()).isEqualTo(1);
        assertThat(position(first.id())).isEqualTo(2);
        assertThat(ahead()).containsExactly(1L, 1L, 1L, 2L, 2L, 2L, 2L, 3L);

        clock().advance(Duration.ofSeconds(91)); // what waits has aged past a new one that is more urgent
        Appended.Created aged = (Appended.Created) get(append(draft().urgency(2)));
        assertThat(aged.position()).isEqualTo(3);
        assertThat(position(last.job().id())).isEqualTo(4);

        assertThat(claim(ROUTE, 1))
                .extracting(Job::id)
                .containsExactly(urgent.job().id());
        assertThat(position(urgent.job().id())).isZero();
        assertThat(position(first.id())).isEqualTo(1);
        get(journal().cancel(first.id()));
        assertThat(position(first.id())).isZero();
        assertThat(position(aged.job().id())).isEqualTo(1);
        assertThat(ahead()).containsExactly(0L, 0L, 1L, 1L, 1L, 1L, 1L, 2L);
    }

    @Test
    default void whatIsNotDueHasNoPositionUntilItIs() {
        Appended.Created delayed = (Appended.Created) get(append(draft().dueIn(Duration.ofSeconds(10))));
        assertThat(delayed.position()).isZero();
        clock().advance(Duration.ofSeconds(5));
        Job second = accept();
        assertThat(position(second.id())).isEqualTo(1);
        clock().advance(Duration.ofSeconds(5)); // nobody claims, and all the same it is due
        assertThat(position(delayed.job().id())).isEqualTo(1);
        assertThat(position(second.id())).isEqualTo(2);
        assertThat(claim(ROUTE, 2))
                .extracting(Job::id)
                .containsExactly(delayed.job().id(), second.id());
    }

    @Test
    default void aJobThatIsRetriedKeepsItsTurn() {
        Job first = accept();
        Job running = claimOne();
        Job second = accept();
        assertThat(position(second.id())).isEqualTo(1);
        get(journal().record(running, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        assertThat(position(first.id())).isEqualTo(1);
        assertThat(position(second.id())).isEqualTo(2);
    }

    @Test
    default void aReplayedJobSaysItsPosition() {
        accept();
        Job second = accept(draft().key("k"));
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.Replayed(second, 2));
    }

    @Test
    default void positionsAreThereAgainAfterAReopen() {
        List<JobId> ids = new ArrayList<>();
        for (int urgency = 7; urgency >= 0; urgency--) {
            ids.add(accept(draft().urgency(urgency)).id());
        }
        reopen();
        for (int i = 0; i < 8; i++) {
            assertThat(position(ids.get(i))).isEqualTo(8 - i);
        }
        assertThat(ahead()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
    }

    /** Against a list that is sorted anew each time. */
    @Test
    default void positionsAgreeWithASortedListWhateverIsDone() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Job> model = new ArrayList<>();
        List<Job> running = new ArrayList<>();
        for (int step = 0; step < 1_500; step++) {
            clock().advance(Duration.ofMillis(random.nextInt(2_000)));
            int choice = random.nextInt(10);
            if (choice < 5) {
                Draft draft = draft().urgency(random.nextInt(8));
                Draft some = random.nextInt(4) == 0 ? draft.dueIn(Duration.ofMillis(random.nextInt(60_000))) : draft;
                Appended.Created created = (Appended.Created) get(append(some));
                model.add(created.job());
                long expected = expected(model, created.job());
                if (expected <= countedAhead()) {
                    assertThat(created.position()).as("seed %s", seed).isEqualTo(expected);
                } else {
                    assertThat(created.position()).as("seed %s", seed).isGreaterThan(countedAhead());
                }
            } else if (choice == 5 && !model.isEmpty()) {
                Job gone = model.remove(random.nextInt(model.size()));
                assertThat(get(journal().cancel(gone.id())).state()).isEqualTo(JobState.CANCELLED);
                assertThat(position(gone.id())).as("seed %s", seed).isZero();
            } else if (choice == 6) {
                int most = random.nextInt(6);
                List<Job> turn = due(model).stream().limit(most).toList();
                List<Job> claimed = get(journal()
                                .claim(java.util.Map.of(ROUTE, Journal.Demand.of(most)), Duration.ofDays(1)))
                        .jobs();
                assertThat(claimed)
                        .as("seed %s", seed)
                        .extracting(Job::id)
                        .isEqualTo(turn.stream().map(Job::id).toList());
                model.removeAll(turn);
                running.addAll(claimed);
            } else if (choice == 7 && !running.isEmpty()) {
                Instant due = clock().instant().plusMillis(random.nextInt(3) * 5_000L);
                Job back = running.remove(random.nextInt(running.size()));
                model.add(get(journal().record(back, new Transition.Requeue(RequeueReason.RETRY, due, FAILURE))));
            } else if (!model.isEmpty()) {
                Job any = model.get(random.nextInt(model.size()));
                assertThat(position(any.id())).as("seed %s", seed).isEqualTo(expected(model, any));
            }
        }
        for (Job job : model) {
            assertThat(position(job.id())).as("seed %s", seed).isEqualTo(expected(model, job));
        }
    }

    private long expected(List<Job> model, Job job) {
        return 1 + due(model).indexOf(job);
    }

    private List<Job> due(List<Job> model) {
        Instant now = clock().instant();
        return model.stream()
                .filter(job -> !job.dueAt().isAfter(now))
                .sorted(Comparator.<Job>comparingLong(
                                job -> job.spec().acceptedAt().toEpochMilli()
                                        + job.spec().urgency() * 30_000L)
                        .thenComparingLong(Job::order))
                .toList();
    }

    private List<Long> ahead() {
        List<Long> ahead = new ArrayList<>();
        for (int urgency = 0; urgency < 8; urgency++) {
            ahead.add(backlog().ahead(ROUTE, urgency));
        }
        assertThat(backlog().ahead("unknown", 7)).isZero();
        return ahead;
    }
}
