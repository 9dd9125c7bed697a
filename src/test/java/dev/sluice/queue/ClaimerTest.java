package dev.sluice.queue;

import static dev.sluice.queue.QueueRig.LIMIT;
import static dev.sluice.queue.QueueRig.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Journal;
import dev.sluice.queue.UnreliableJournal.Verb;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class ClaimerTest {

    private final Route reports = Routes.route("reports", "/reports", "http://localhost:1");
    private final Route other = Routes.route("other", "/other", "http://localhost:1");
    private final Route shared = Routes.route("shared", "/shared", "http://localhost:1", "concurrency.cluster=2");
    private final QueueRig rig = new QueueRig(reports, other, shared);
    private final Reader reader = new Reader();

    @BeforeEach
    void start() {
        rig.claimer.start();
        rig.queue.jobs(reports.call()).subscribe(reader);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void demandIsTheRoom() {
        List<JobId> accepted = accept(10);
        reader.request(3);
        until(() -> reader.jobs.size() == 3);
        lookByWayOfTheOther();
        assertThat(reader.jobs).extracting(Job::id).isEqualTo(accepted.subList(0, 3));
        assertThat(reader.jobs).extracting(Job::state).containsOnly(JobState.RUNNING);
        assertThat(rig.journal.backlog().of("reports").running()).isEqualTo(3);
        assertThat(rig.journal.backlog().of("reports").depth()).isEqualTo(7);

        reader.request(4);
        until(() -> reader.jobs.size() == 7);
        assertThat(reader.jobs).extracting(Job::id).isEqualTo(accepted.subList(0, 7));
    }

    @Test
    void aClaimSaysHowManyMayRunOnAllNodes() {
        Reader ofShared = new Reader();
        rig.queue.jobs(shared.call()).subscribe(ofShared);
        ofShared.request(2);
        reader.request(3);
        rig.lookTwice();
        Map<String, Journal.Demand> asked =
                rig.journal.demands().get(rig.journal.demands().size() - 1);
        assertThat(asked)
                .containsOnly(
                        Map.entry("reports", new Journal.Demand(3, Integer.MAX_VALUE)),
                        Map.entry("shared", new Journal.Demand(2, 2)));
    }

    /** A node elsewhere runs one of two; this one has room for two, and gets the other when that one ends. */
    @Test
    void ofAPlaceThatAnotherNodeFreesItLearnsByLookingAgain() {
        JobId first = rig.accepted("shared");
        Job elsewhere = rig.journal
                .claim(Map.of("shared", Journal.Demand.of(1)), QueueRig.LEASE)
                .block(LIMIT)
                .jobs()
                .get(0);
        assertThat(elsewhere.id()).isEqualTo(first);
        JobId second = rig.accepted("shared");
        JobId third = rig.accepted("shared");
        Reader ofShared = new Reader();
        rig.queue.jobs(shared.call()).subscribe(ofShared);
        ofShared.request(2);
        until(() -> ofShared.jobs.size() == 1);
        rig.lookTwice();
        assertThat(ofShared.jobs).extracting(Job::id).containsExactly(second);
        rig.journal.record(elsewhere, new Transition.Fail(failure(), null)).block(LIMIT);
        until(() -> ofShared.jobs.size() == 2);
        assertThat(ofShared.jobs).extracting(Job::id).containsExactly(second, third);
    }

    @Test
    void aJobThatThereIsNoRoomForIsOfferedToTheOtherNodes() {
        reader.request(1);
        rig.accepted("reports");
        until(() -> reader.jobs.size() == 1);
        assertThat(rig.journal.offered()).isEmpty();
        rig.accepted("reports");
        assertThat(rig.journal.offered()).containsExactly("reports");
    }

    @Test
    void whatAnotherNodeOffersIsLookedFor() {
        Sinks.Empty<Void> gate = Sinks.empty();
        rig.journal.keepBackClaims(gate.asMono());
        int before = rig.journal.tries(Verb.CLAIM);
        reader.request(1);
        until(() -> rig.journal.tries(Verb.CLAIM) == before + 1);
        letTheClaimerAct();
        rig.journal.offerFromElsewhere("reports");
        letTheClaimerAct(); // it has heard of it, and looks when the claim under way is back
        gate.tryEmitEmpty().orThrow();
        until(() -> rig.journal.tries(Verb.CLAIM) >= before + 2); // the claim comes back on a thread of its own
    }

    @Test
    void offersThatBreakAreListenedToAgainAndThatIsCounted() {
        assertThat(rig.journal.listening()).isEqualTo(1);
        rig.journal.breakOffers(new IllegalStateException("planted"));
        until(() -> rig.journal.listening() == 1 && rig.count("sluice.pipeline.restarts", "pipeline", "offers") == 1);
        rig.claimer.stop().block(LIMIT);
        assertThat(rig.journal.listening()).isZero();
        rig.claimer.start();
        assertThat(rig.journal.listening()).isEqualTo(1);
    }

    private void letTheClaimerAct() {
        Mono.fromRunnable(() -> {}).subscribeOn(rig.scheduler).block(LIMIT);
    }

    @Test
    void aNudgeFindsANewJobAtOnce() {
        reader.request(5);
        rig.lookTwice();
        JobId job = rig.accepted("reports");
        until(() -> reader.jobs.size() == 1);
        assertThat(reader.jobs.get(0).id()).isEqualTo(job);
    }

    @Test
    void aJobThatThereIsRoomForIsStartedAsItIsAccepted() {
        reader.request(2);
        untilAClaimStands();
        int claims = rig.journal.tries(Verb.CLAIM);
        JobId first = rig.accepted("reports");
        until(() -> reader.jobs.size() == 1);
        untilAClaimStands();
        JobId second = rig.accepted("reports");
        until(() -> reader.jobs.size() == 2);
        assertThat(reader.jobs).extracting(Job::id).containsExactly(first, second);
        assertThat(rig.journal.tries(Verb.CLAIM)).isEqualTo(claims);
        assertThat(rig.journal.backlog().of("reports").running()).isEqualTo(2);

        JobId third = rig.accepted("reports");
        letTheClaimerAct();
        assertThat(rig.find(third).state()).isEqualTo(JobState.QUEUED);
        reader.request(1);
        until(() -> reader.jobs.size() == 3);
    }

    @Test
    void aReaderThatWantsMoreOfWhatAClaimStandsForIsNotLookedAt() {
        reader.request(1);
        untilAClaimStands();
        int claims = rig.journal.tries(Verb.CLAIM);
        reader.request(1);
        rig.accepted("reports");
        until(() -> reader.jobs.size() == 1);
        assertThat(rig.journal.tries(Verb.CLAIM)).isLessThanOrEqualTo(claims + 1); // for what was wanted meanwhile
        untilAClaimStands();
        rig.accepted("reports");
        until(() -> reader.jobs.size() == 2);
    }

    @Test
    void whatNarrowsTheDemandWithdrawsTheStandingClaim() {
        reader.request(5);
        untilAClaimStands();
        rig.held.pauses.pause("reports", null).block(LIMIT);
        letTheClaimerAct();
        JobId paused = rig.accepted("reports");
        lookByWayOfTheOther();
        assertThat(rig.find(paused).state()).isEqualTo(JobState.QUEUED);
        rig.held.pauses.resume("reports").block(LIMIT);
        until(() -> reader.jobs.size() == 1);
        untilAClaimStands();

        rig.held.unavailable(
                reports.call(), reader.jobs.get(0), rig.clock.instant().plusSeconds(30));
        letTheClaimerAct();
        JobId held = rig.accepted("reports");
        lookByWayOfTheOther();
        assertThat(rig.find(held).state()).isEqualTo(JobState.QUEUED);
    }

    @Test
    void stoppingWithdrawsTheStandingClaim() {
        reader.request(5);
        untilAClaimStands();
        rig.claimer.stop().block(LIMIT);
        JobId job = rig.accepted("reports");
        assertThat(rig.find(job).state()).isEqualTo(JobState.QUEUED);
        assertThat(rig.events(job)).containsExactly("accepted");
    }

    private void untilAClaimStands() {
        letTheClaimerAct();
        until(() -> rig.journal.stands());
    }

    @Test
    void withoutANudgeAJobIsFoundAllTheSame() {
        reader.request(5);
        rig.lookTwice();
        rig.accept("reports", 5).block(LIMIT); // its nudge comes
        until(() -> reader.jobs.size() == 1);
        Job first = reader.jobs.get(0);
        // Another node, or a mistake: nobody says that this one is due again.
        rig.journal
                .record(first, new Transition.Requeue(RequeueReason.RETRY, rig.clock.instant(), null))
                .block(LIMIT);
        until(() -> reader.jobs.size() == 2);
        assertThat(reader.jobs.get(1).attempt()).isEqualTo(2);
    }

    /** Such as one that set jobs of held callers aside. One claim a second would not do within the limit. */
    @Test
    void aClaimThatLeftMoreIsGoneOnWithAtOnce() {
        rig.journal.leaveUnfinished(40);
        int before = rig.journal.tries(Verb.CLAIM);
        reader.request(1);
        until(() -> rig.journal.tries(Verb.CLAIM) > before + 40);
    }

    @Test
    void aRetryComesWhenItIsDueAndNotBefore() {
        reader.request(5);
        rig.accepted("reports");
        until(() -> reader.jobs.size() == 1);
        rig.journal
                .record(
                        reader.jobs.get(0),
                        new Transition.Requeue(
                                RequeueReason.RETRY, rig.clock.instant().plusSeconds(60), null))
                .block(LIMIT);
        rig.clock.advance(Duration.ofMillis(59_999));
        rig.lookTwice();
        assertThat(reader.jobs).hasSize(1);
        rig.clock.advance(Duration.ofMillis(1));
        until(() -> reader.jobs.size() == 2);
    }

    @Test
    void aHeldRouteStartsNothingUntilTheHoldEnds() {
        Job asked = rig.find(rig.accepted("reports"));
        rig.held.unavailable(
                rig.routes.byId("reports").orElseThrow().call(),
                asked,
                rig.clock.instant().plusSeconds(30));
        reader.request(5);
        rig.accepted("reports");
        Reader elsewhere = new Reader();
        rig.queue.jobs(other.call()).subscribe(elsewhere);
        elsewhere.request(1);
        rig.accepted("other");
        until(() -> elsewhere.jobs.size() == 1);
        rig.clock.advance(Duration.ofMillis(29_999));
        elsewhere.request(1);
        rig.lookTwice();
        assertThat(reader.jobs).isEmpty();
        rig.clock.advance(Duration.ofMillis(1));
        until(() -> reader.jobs.size() == 2);
    }

    @Test
    void aPausedRouteStartsNothingUntilItIsResumed() {
        rig.held.pauses.pause("reports", null).block(LIMIT);
        reader.request(5);
        accept(2);
        rig.clock.advance(Duration.ofHours(1));
        lookByWayOfTheOther();
        assertThat(reader.jobs).isEmpty();
        rig.held.pauses.resume("reports").block(LIMIT); // which nudges
        until(() -> reader.jobs.size() == 2);
    }

    @Test
    void jobsOfOthersAreStartedWhileACallerIsHeld() {
        Job asked = rig.find(rig.accept("reports", 5, null, 7).block(LIMIT).id());
        rig.held.limited(
                rig.routes.byId("reports").orElseThrow().call(),
                asked,
                rig.clock.instant().plusSeconds(20));
        reader.request(5);
        JobId quiet = rig.accepted("reports");
        until(() -> reader.jobs.size() == 1);
        assertThat(reader.jobs.get(0).id()).isEqualTo(quiet);
        rig.clock.advance(Duration.ofMillis(19_999));
        rig.lookTwice();
        assertThat(reader.jobs).hasSize(1);
        rig.clock.advance(Duration.ofMillis(1));
        until(() -> reader.jobs.size() == 2);
    }

    @Test
    void whileTheJournalIsAwayItIsAskedAgainAndThenGoesOn() {
        rig.journal.fail(Verb.CLAIM);
        reader.request(5);
        accept(2);
        until(() -> rig.count("sluice.queue.journal.errors", "verb", "claim") >= 3);
        assertThat(reader.jobs).isEmpty();
        rig.journal.recover();
        until(() -> reader.jobs.size() == 2);
        assertThat(rig.count("sluice.pipeline.restarts", "pipeline", "claimer")).isZero();
    }

    @Test
    void anErrorNobodyExpectedIsCountedAndDoesNotEndIt() {
        rig.journal.failWith(new IllegalArgumentException("planted"), Verb.CLAIM);
        reader.request(5);
        accept(2);
        until(() -> rig.count("sluice.pipeline.restarts", "pipeline", "claimer") >= 2);
        rig.journal.recover();
        until(() -> reader.jobs.size() == 2);
    }

    @Test
    void jobsOfARouteThatIsGoneFail() {
        List<JobId> orphans = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            orphans.add(rig.accepted("retired", 1 + i % 2));
        }
        rig.queue.nudge();
        rig.clock.advance(Duration.ofSeconds(1)); // it looks for such routes once a second
        until(() -> rig.journal.backlog().routes().isEmpty());
        for (JobId id : orphans) {
            Job job = rig.find(id);
            assertThat(job.state()).isEqualTo(JobState.FAILED);
            assertThat(job.failure().problem()).isEqualTo(Problem.ROUTE_GONE);
            assertThat(job.failure().detail()).contains("'retired'");
        }
    }

    @Test
    void jobsOfARouteThatIsGoneFailAlsoWhenTheJournalWasAway() {
        rig.journal.fail(Verb.RECORD);
        JobId orphan = rig.accepted("retired", 1);
        rig.clock.advance(Duration.ofSeconds(1));
        until(() -> rig.count("sluice.queue.journal.errors", "verb", "record") >= 3);
        rig.journal.recover();
        assertThat(rig.awaitState(orphan, JobState.FAILED).failure().problem()).isEqualTo(Problem.ROUTE_GONE);
    }

    @Test
    void aJobClaimedForAReaderWhoLeftGoesBackWithoutATry() {
        Sinks.Empty<Void> gate = Sinks.empty();
        rig.journal.keepBackClaims(gate.asMono());
        List<JobId> accepted = accept(2);
        reader.request(2);
        until(() -> rig.journal.backlog().of("reports").running() == 2);
        reader.cancel();
        gate.tryEmitEmpty().orThrow();
        until(() -> rig.journal.backlog().of("reports").running() == 0);
        assertThat(reader.jobs).isEmpty();

        Reader next = new Reader();
        rig.queue.jobs(reports.call()).subscribe(next);
        next.request(5);
        until(() -> next.jobs.size() == 2);
        assertThat(next.jobs).extracting(Job::id).isEqualTo(accepted);
        assertThat(next.jobs).extracting(Job::attempt).containsOnly(1);
        assertThat(rig.events(accepted.get(0))).containsExactly("accepted", "started", "requeued", "started");
    }

    @Test
    void stoppingReturnsTheClaimUnderWayAndEndsTheStreams() {
        Sinks.Empty<Void> gate = Sinks.empty();
        reader.request(1);
        JobId given = rig.accepted("reports");
        until(() -> reader.jobs.size() == 1);
        rig.journal.keepBackClaims(gate.asMono());
        List<JobId> late = accept(2);
        reader.request(2);
        until(() -> rig.journal.backlog().of("reports").running() == 3);

        Mono<Void> stopped = rig.claimer.stop().cache();
        stopped.subscribe();
        until(() -> reader.completed);
        assertThat(rig.journal.backlog().of("reports").running()).isEqualTo(3);
        gate.tryEmitEmpty().orThrow();
        StepVerifier.create(stopped).expectComplete().verify(LIMIT);
        assertThat(rig.journal.backlog().of("reports").running())
                .as("the one that was given")
                .isEqualTo(1);
        assertThat(late).allSatisfy(id -> assertThat(rig.find(id).attempt()).isZero());
        assertThat(rig.find(given).state()).isEqualTo(JobState.RUNNING);

        int claims = rig.journal.tries(Verb.CLAIM);
        rig.queue.nudge();
        StepVerifier.create(rig.queue.jobs(reports.call())).expectComplete().verify(LIMIT);
        assertThat(rig.journal.tries(Verb.CLAIM)).isEqualTo(claims);

        rig.claimer.start();
        Reader again = new Reader();
        rig.queue.jobs(reports.call()).subscribe(again);
        again.request(2);
        until(() -> again.jobs.size() == 2);
        assertThat(again.jobs).extracting(Job::id).isEqualTo(late);
    }

    @Test
    void aRouteHasOneReaderAtATime() {
        StepVerifier.create(rig.queue.jobs(reports.call()))
                .expectErrorMessage("route reports has a reader already")
                .verify(LIMIT);
        reader.request(1);
        rig.accepted("reports");
        until(() -> reader.jobs.size() == 1);
    }

    /** Jobs come in and readers ask from many threads, and readers come and go: each job is given to one of them. */
    @Test
    void nothingIsLostOrGivenTwiceUnderRaces() {
        int jobs = 5_000;
        Set<JobId> given = ConcurrentHashMap.newKeySet();
        Mono<Long> reading = Flux.defer(() -> rig.queue.jobs(other.call()))
                .take(37) // then it cancels, maybe with jobs on their way, and comes again
                .flatMap(
                        job -> Mono.just(job)
                                .publishOn(Schedulers.parallel())
                                .delayUntil(one -> rig.journal.record(one, new Transition.Fail(failure(), null)))
                                .doOnNext(one -> assertThat(given.add(one.id())).isTrue()),
                        16)
                .repeat(() -> given.size() < jobs)
                .takeUntil(job -> given.size() == jobs)
                .count();
        Mono<Long> accepting =
                Flux.range(0, jobs).flatMap(i -> rig.accept("other", 5), 64).count();
        StepVerifier.create(Mono.zip(reading, accepting))
                .expectNextMatches(both -> both.getT2() == jobs)
                .expectComplete()
                .verify(LIMIT);
        assertThat(given).hasSize(jobs);
        until(() -> rig.journal.backlog().of("other").depth() == 0);
        assertThat(rig.journal.backlog().of("other").running()).isZero();
    }

    private static dev.sluice.job.Failure failure() {
        return new dev.sluice.job.Failure(Problem.BACKEND_STATUS, "planted");
    }

    private List<JobId> accept(int jobs) {
        List<JobId> ids = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            ids.add(rig.accepted("reports"));
        }
        return ids;
    }

    /** Lets the claimer look, also while the reader of {@code reports} has no demand. */
    private void lookByWayOfTheOther() {
        Reader elsewhere = new Reader();
        rig.queue.jobs(other.call()).subscribe(elsewhere);
        elsewhere.request(1);
        rig.lookTwice();
        elsewhere.cancel();
    }
}
