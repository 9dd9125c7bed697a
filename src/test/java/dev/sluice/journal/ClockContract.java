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
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of jobs when the clock of the machine is set: of every journal that belongs to one process. */
public interface ClockContract extends JournalRig {

    Duration TOMBSTONES = Duration.ofDays(7);
    Duration HOLD = Duration.ofMinutes(10);

    @Test
    default void aClockThatIsSetAheadCostsNoClaim() {
        accept(draft().attempts(1));
        Job held = claimOne();
        clock().step(Duration.ofMinutes(1));
        pass(Duration.ofSeconds(1));
        assertThat(claim(ROUTE, 9)).isEmpty();
        assertThat(get(journal().renew(List.of(held), LEASE))).isEmpty();
        clock().step(Duration.ofDays(2));
        pass(Duration.ofSeconds(1));
        assertThat(get(succeed(held, "done")).state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(names(held.id())).containsExactly("accepted", "started", "succeeded");
    }

    @Test
    default void noClaimIsLostWhenAStepIsFollowedEither() {
        accept(draft().attempts(1));
        Job held = claimOne();
        clock().step(Duration.ofHours(8));
        for (int i = 0; i < 45; i++) {
            pass(LEASE.dividedBy(2));
            assertThat(get(journal().renew(List.of(held), LEASE))).isEmpty();
            assertThat(claim(ROUTE, 9)).isEmpty();
        }
        assertThat(time().instant()).isEqualTo(clock().instant());
        assertThat(get(succeed(held, "done")).state()).isEqualTo(JobState.SUCCEEDED);
    }

    @Test
    default void aClockThatIsSetBackKeepsNoLeaseThatRanOut() {
        accept();
        Job held = claimOne();
        clock().step(Duration.ofHours(-1));
        pass(LEASE);
        assertStale(succeed(held, "too late"));
        assertThat(claimOne().attempt()).isEqualTo(2);
    }

    @Test
    default void aProcessThatStoodStillHasItsClaims() {
        accept(draft().attempts(1));
        Job held = claimOne();
        clock().standStill(Duration.ofHours(3));
        assertThat(claim(ROUTE, 9)).isEmpty();
        assertThat(get(journal().renew(List.of(held), LEASE))).isEmpty();
        clock().standStill(LEASE.multipliedBy(2));
        assertThat(get(succeed(held, "done")).state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(names(held.id())).containsExactly("accepted", "started", "succeeded");
    }

    @Test
    default void aLeaseRunsOutAfterAPauseToo() {
        accept();
        Job held = claimOne();
        clock().standStill(Duration.ofHours(3));
        clock().advance(LEASE);
        assertThat(claimOne().attempt()).isEqualTo(2);
        assertStale(succeed(held, "too late"));
    }

    @Test
    default void noNewJobOvertakesWhenTheClockIsSetBack() {
        List<JobId> accepted = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            accepted.add(accept().id());
            pass(Duration.ofMinutes(2));
            if (i == 1) {
                clock().step(Duration.ofHours(-1));
            }
        }
        pass(HOLD.multipliedBy(2)); // the clock stays so
        accepted.add(accept().id());
        assertThat(position(accepted.get(5))).isEqualTo(6);
        assertThat(accepted).isSorted();
        assertListed(accepted);
        assertThat(claim(ROUTE, 9)).extracting(Job::id).isEqualTo(accepted);
    }

    @Test
    default void delaysAreMeasuredFromNowWhateverTheClockSaysLater() {
        Job delayed = accept(draft().dueIn(Duration.ofHours(1)));
        clock().step(Duration.ofDays(2));
        pass(Duration.ofMinutes(5));
        assertThat(claim(ROUTE, 9)).isEmpty();
        clock().step(Duration.ofDays(-2).minusHours(1));
        pass(Duration.ofMinutes(5));
        clock().step(Duration.ofHours(1));
        pass(Duration.ofMinutes(50).minusMillis(1));
        assertThat(claim(ROUTE, 9)).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(claimOne().id()).isEqualTo(delayed.id());
    }

    @Test
    default void aRetryWaitsForItsTimeWhateverTheClockSaysMeanwhile() {
        accept();
        Job failed = claimOne();
        Instant due = time().instant().plusSeconds(30);
        get(journal().record(failed, new Transition.Requeue(RequeueReason.RETRY, due, FAILURE)));
        clock().step(Duration.ofMinutes(5));
        pass(Duration.ofSeconds(29));
        assertThat(claim(ROUTE, 9)).isEmpty();
        pass(Duration.ofSeconds(1));
        assertThat(claimOne().id()).isEqualTo(failed.id());
    }

    @Test
    default void noDeadlineIsMissedWhenTheClockIsSetAhead() {
        Job job = accept(draft().deadlineIn(Duration.ofMinutes(2)));
        clock().step(Duration.ofDays(2));
        pass(Duration.ofMinutes(1));
        assertThat(get(journal().failOverdue())).isEqualTo(job.spec().deadline());
        assertThat(find(job.id())).isEqualTo(job);
        clock().step(Duration.ofDays(-2));
        pass(Duration.ofMinutes(1));
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
        assertThat(find(job.id()).state()).isEqualTo(JobState.FAILED);
    }

    @Test
    default void nothingIsErasedByAClockThatIsDaysAheadForAMinute() {
        Job done = finished(draft().key("k").keep(Duration.ofDays(1)));
        clock().step(Duration.ofDays(2));
        pass(Duration.ofMinutes(1));
        assertThat(purge()).isZero();
        assertThat(find(done.id())).isEqualTo(done);
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.Replayed(done, 0));
        clock().step(Duration.ofDays(-2));
        pass(Duration.ofMinutes(1));
        assertThat(purge()).isZero();

        pass(Duration.ofDays(1).minusMinutes(2).minusMillis(1));
        assertThat(purge()).isZero();
        pass(Duration.ofMillis(1));
        assertThat(purge()).isEqualTo(1);
        assertThat(get(journal().find(done.id()))).isEqualTo(new Lookup.Expired());
    }

    /** A clock that stays ahead is followed, but for what cannot be made good again. */
    @Test
    default void erasingDoesNotJumpWithAStepThatIsFollowed() {
        Job done = finished(draft().keep(Duration.ofDays(1)));
        clock().step(Duration.ofDays(2));
        pass(HOLD.multipliedBy(2));
        assertThat(time().instant()).isEqualTo(clock().instant());
        assertThat(purge()).isZero();
        assertThat(find(done.id())).isEqualTo(done);
        pass(Duration.ofHours(21));
        assertThat(purge()).isZero();
        pass(Duration.ofHours(3));
        assertThat(purge()).isEqualTo(1);
    }

    /** A key is promised for a day: to let go of it early would do a job twice. */
    @Test
    default void aKeyHoldsAlsoWhenAStepIsFollowed() {
        Job done = finished(draft().key("k").keep(Duration.ofDays(1)));
        clock().step(Duration.ofDays(2));
        pass(HOLD.multipliedBy(2));
        assertThat(time().instant()).isEqualTo(clock().instant());
        assertThat(get(journal().holds(draft().key("k").job().key()))).isTrue();
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.Replayed(done, 0));
    }

    @Test
    default void nothingFallsBackWhenTheJournalIsOpenedWithAnEarlierClock() {
        List<Job> accepted = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            accepted.add(accept());
            pass(Duration.ofSeconds(40));
        }
        Job done = finished(draft().route("another"), "another");
        clock().step(Duration.ofHours(-1));
        reopen();
        pass(Duration.ofSeconds(1));
        for (int i = 0; i < 3; i++) {
            accepted.add(accept());
            pass(Duration.ofSeconds(1));
        }
        assertThat(accepted)
                .isSortedAccordingTo(
                        Comparator.comparing((Job job) -> job.spec().acceptedAt()));
        assertThat(accepted).isSortedAccordingTo(Comparator.comparing(Job::id));
        assertThat(accepted).isSortedAccordingTo(Comparator.comparing(Job::order));
        assertThat(accepted.get(3).id()).isGreaterThan(done.id());
        assertThat(accepted.get(3).order()).isGreaterThan(done.order());
        assertThat(claim(ROUTE, 9))
                .extracting(Job::id)
                .isEqualTo(accepted.stream().map(Job::id).toList());
    }

    /** Also if nothing waits: lists go by the ids. */
    @Test
    default void idsRiseAcrossAReopenWithAnEarlierClockWhenNothingWaits() {
        Job done = finished(draft());
        clock().step(Duration.ofHours(-1));
        reopen();
        Job next = accept();
        assertThat(next.id()).isGreaterThan(done.id());
        assertThat(next.order()).isGreaterThan(done.order());
        assertListed(List.of(done.id(), next.id()));
    }

    /** What was accepted while the clock was wrong by years does not bind those who come when it is right. */
    @Test
    default void timeIsRightAgainAfterAReopenWhenNothingWaitsFromYearsAhead() {
        clock().advance(Duration.ofDays(400));
        get(journal().cancel(accept().id()));
        clock().step(Duration.ofDays(-400));
        reopen();
        assertThat(time().instant()).isEqualTo(clock().instant());
    }

    /** Time passes while somebody looks at it now and then, as the gateway does each second. */
    private void pass(Duration time) {
        Duration left = time;
        while (!left.isZero()) {
            Duration some = left.compareTo(LEASE) > 0 ? LEASE : left;
            clock().advance(some);
            time().instant();
            left = left.minus(some);
        }
    }

    private Job finished(Draft draft, String route) {
        accept(draft);
        return get(succeed(claim(route, 1).get(0), "done"));
    }

    private void assertListed(List<JobId> expected) {
        List<JobId> listed = new ArrayList<>(get(journal().list(JobFilter.ALL, 100, null)).jobs().stream()
                .map(Job::id)
                .toList());
        Collections.reverse(listed);
        assertThat(listed).isEqualTo(expected);
    }
}
