package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.WorkQueue.Demand;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Claims that wait for jobs to be accepted; an engine need not take any. */
interface StandingContract extends JournalRig {

    @Test
    default void aJobIsStartedInTheStepThatAcceptsIt() {
        StandingClaim claim = stand(Demand.of(2));
        Appended.Created created = created(draft().body("in"));
        assertThat(created.started()).isTrue();
        assertThat(created.job().state()).isEqualTo(JobState.QUEUED);
        assertThat(created.position()).isEqualTo(1);

        Claimed taken = get(claim.claimed());
        Job running = taken.jobs().get(0);
        assertThat(taken.jobs()).hasSize(1);
        assertThat(taken.more()).isFalse();
        assertThat(running.state()).isEqualTo(JobState.RUNNING);
        assertThat(running.attempt()).isEqualTo(1);
        assertThat(running.fence()).isGreaterThan(created.job().fence());
        assertThat(find(running.id())).isEqualTo(running);
        assertThat(history(running.id()))
                .containsExactly(
                        created.job().accepted(), new JobEvent.Started(running.id(), ROUTE, 2, clock().instant(), 1));
        assertThat(backlog().of(ROUTE).depth()).isZero();
        assertThat(backlog().of(ROUTE).running()).isEqualTo(1);
        assertThat(claim(ROUTE, 10)).isEmpty();
        for (int reading = 0; reading < 2; reading++) {
            StoredRequest request = get(journal().request(running.id()));
            assertThat(request.size()).isEqualTo(2);
            assertThat(get(request.body()
                            .reduce("", (text, piece) -> text + new String(piece, StandardCharsets.UTF_8))))
                    .isEqualTo("in");
        }
        get(succeed(running, "out"));
        assertThat(find(running.id()).state()).isEqualTo(JobState.SUCCEEDED);
        numbersHaveNoGap(running.id());
    }

    @Test
    default void aStandingClaimIsTakenOnce() {
        StandingClaim claim = stand(Demand.of(2));
        Job first = created(draft()).job();
        assertThat(claim.withdraw()).isFalse();
        Appended.Created second = created(draft());
        assertThat(second.started()).isFalse();
        assertThat(get(claim.claimed()).jobs()).extracting(Job::id).containsExactly(first.id());
        assertThat(claim(ROUTE, 10))
                .extracting(Job::id)
                .containsExactly(second.job().id());
    }

    @Test
    default void aWithdrawnClaimStartsNothing() {
        StandingClaim claim = stand(Demand.of(2));
        assertThat(claim.withdraw()).isTrue();
        assertThat(created(draft()).started()).isFalse();
        assertThat(claim.withdraw()).as("again").isFalse();
        assertThat(claim(ROUTE, 10)).hasSize(1);
    }

    @Test
    default void nothingIsStartedOutOfTurn() {
        JobId waiting = accept().id();
        StandingClaim behind = stand(Demand.of(2));
        JobId later = created(draft()).job().id();
        Claimed taken = get(behind.claimed());
        assertThat(taken.jobs()).isEmpty();
        assertThat(taken.more()).isTrue();
        assertThat(claim(ROUTE, 10)).extracting(Job::id).containsExactly(waiting, later);
    }

    @Test
    default void whatMayNotBeStartedIsLeftToAClaim() {
        Duration delay = Duration.ofSeconds(20);
        assertNotStarted(Demand.of(1), draft().dueIn(delay));
        assertNotStarted(new Demand(1, 0), draft());
        assertNotStarted(new Demand(1, 9, 9, Set.of(7L)), draft().caller(7));
        assertNotStarted(new Demand(1, 9, 9, Set.of(), PerTurn.noneOf(Set.of(8L))), draft().turn(8));
        clock().advance(delay);
        assertThat(claim(ROUTE, 10)).hasSize(4);
    }

    @Test
    default void ofEachTurnItStartsNoMoreThanItMay() {
        for (int i = 0; i < 20; i++) { // most times several of them are accepted in one step
            StandingClaim claim = stand(new Demand(9, 99, 9, Set.of(), new PerTurn(1, Map.of(8L, 2))));
            race(9, job -> append(draft().turn(7)));
            assertThat(get(claim.claimed()).jobs()).hasSizeLessThanOrEqualTo(1);
            claim(ROUTE, 9);
        }
    }

    private void assertNotStarted(Demand demand, Draft draft) {
        StandingClaim claim = stand(demand);
        assertThat(created(draft).started()).isFalse();
        assertThat(get(claim.claimed()).jobs()).isEmpty();
    }

    @Test
    default void jobsOfOtherRoutesLeaveItStanding() {
        StandingClaim claim = stand(Demand.of(1));
        assertThat(created(draft().route("other")).started()).isFalse();
        assertThat(created(draft()).started()).isTrue();
        assertThat(get(claim.claimed()).jobs()).hasSize(1);
    }

    @Test
    default void aJobThatEntersTheQueueAgainTakesItWithoutBeingStarted() {
        accept();
        Job running = claimOne();
        StandingClaim claim = stand(Demand.of(5));
        Instant due = clock().instant().plusSeconds(3);
        get(journal().record(running, new Transition.Requeue(RequeueReason.NODE_STOPPED, due, null)));
        Claimed taken = get(claim.claimed());
        assertThat(taken.jobs()).isEmpty();
        assertThat(taken.more()).isTrue();
        assertThat(claimed(Map.of(ROUTE, 1)).nextDueAt()).isEqualTo(due);
    }

    @Test
    default void aJobThatEnteredTheQueueSinceTheLastClaimTakesItAtOnce() {
        accept();
        Job running = claimOne();
        get(journal().record(running, new Transition.Requeue(RequeueReason.NODE_STOPPED, clock().instant(), null)));
        Claimed taken = get(stand(Demand.of(5)).claimed());
        assertThat(taken.jobs()).isEmpty();
        assertThat(taken.more()).isTrue();
        claimOne();
        StandingClaim claim = stand(Demand.of(5));
        assertThat(claim.withdraw()).isTrue();
    }

    @Test
    default void aGroupCountsAJobThatIsStartedAsItIsAccepted() {
        GroupId group = new GroupId(newId());
        get(journal().createGroup(new NewGroup(group, new Group.Spec(clock().instant(), null, 0, LEASE, null))));
        StandingClaim claim = stand(Demand.of(1));
        assertThat(created(draft().group(group)).started()).isTrue();
        Job running = get(claim.claimed()).jobs().get(0);
        assertThat(((GroupLookup.Known) get(journal().findGroup(group))).group().counts())
                .isEqualTo(new Group.Counts(0, 1, 0, 0, 0));
        get(succeed(running, "out"));
        assertThat(((GroupLookup.Known) get(journal().findGroup(group))).group().counts())
                .isEqualTo(new Group.Counts(0, 0, 1, 0, 0));
    }

    @Test
    default void credentialsAreReadAndErasedAsOfAnyJob() {
        StandingClaim claim = stand(Demand.of(1));
        created(draft().headers("Authorization", "Bearer s3cr3t"));
        Job running = get(claim.claimed()).jobs().get(0);
        for (int reading = 0; reading < 2; reading++) {
            assertThat(get(journal().request(running.id())).head().headers())
                    .isEqualTo(Headers.of("Authorization", "Bearer s3cr3t"));
        }
        get(succeed(running, "out"));
        assertThat(get(journal().request(running.id())).head().toString()).doesNotContain("s3cr3t");
    }

    @Test
    default void anErasedJobLeavesNoRequest() {
        StandingClaim claim = stand(Demand.of(1));
        created(draft().body("in"));
        Job running = get(claim.claimed()).jobs().get(0);
        get(journal().cancelToForget(running.id()));
        get(journal().forget(running.id()));
        assertThat(journal().request(running.id()).blockOptional(LIMIT)).isEmpty();
    }

    @Test
    default void itIsStartedAfterADeathToo() {
        StandingClaim claim = stand(Demand.of(1));
        Job job = created(draft().attempts(2)).job();
        get(claim.claimed());
        killAndReopen();
        assertThat(history(job.id())).startsWith(job.accepted());
        assertThat(names(job.id())).startsWith("accepted", "started");
        numbersHaveNoGap(job.id());
        assertThat(claimOne().attempt()).isEqualTo(2);
    }

    private Appended.Created created(Draft draft) {
        return (Appended.Created) get(append(draft));
    }

    private StandingClaim stand(Demand demand) {
        StandingClaim claim = journal().stand(Map.of(ROUTE, demand), LEASE);
        Assumptions.assumeTrue(!claim.equals(StandingClaim.NONE), "this engine does not start jobs as it accepts them");
        return claim;
    }
}
