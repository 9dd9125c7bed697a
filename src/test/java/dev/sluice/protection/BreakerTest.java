package dev.sluice.protection;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import dev.sluice.protection.Breaker.Effect;
import dev.sluice.protection.EndedCall.End;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The state machine of one breaker. */
class BreakerTest {

    private static final int MOST = 16;
    private static final Duration SHORT = Duration.ofMillis(5);

    private final Breaker breaker = new Breaker("here", new SplittableRandom(1));
    private Instant now = Simulation.START;
    private int jobs;

    private Job claim() {
        Job job = job();
        breaker.claimed(List.of(job));
        return job;
    }

    private Job job() {
        JobSpec spec = JobSpec.builder(now, 5, Duration.ofDays(1)).build();
        return new Job(new JobId(1, ++jobs), "r", jobs, spec, JobStatus.accepted(now));
    }

    private void end(Job job, End end) {
        int status = end == End.ANSWERED ? 200 : end == End.LIMITED ? 429 : end == End.UNAVAILABLE ? 503 : 0;
        breaker.ended(new EndedCall(job, end, SHORT, status, null), now);
    }

    private void call(End end) {
        Job job = claim();
        pass(SHORT);
        end(job, end);
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    private Opening opening() {
        return breaker.opening(MOST, now);
    }

    /** Waits until the next probe is due, and lets it connect. */
    private void probeConnects() {
        now = breaker.status().nextProbeAt();
        opening();
        breaker.connected(true, now);
        assertThat(breaker.state()).isEqualTo(BreakerState.HALF_OPEN);
    }

    private Finding finding(Instant since, Instant probingUntil) {
        return new Finding("there", BreakerReason.UNREACHABLE, since, 2, since.plusSeconds(4), probingUntil);
    }

    @Test
    void aCallThatCouldNotBeSentOpensItAndProbesAreConnectionsAtFirst() {
        call(End.UNREACHABLE);

        assertThat(breaker.state()).isEqualTo(BreakerState.OPEN);
        assertThat(breaker.status().reason()).isEqualTo(BreakerReason.UNREACHABLE);
        assertThat(opening()).isEqualTo(Opening.closedUntil(breaker.status().nextProbeAt()));
        assertThat(breaker.takeEffects()).contains(Effect.CHANGED, Effect.SHARE).doesNotContain(Effect.CONNECT);
        now = breaker.status().nextProbeAt();
        assertThat(opening()).isEqualTo(Opening.closedUntil(Instant.MAX));
        assertThat(breaker.takeEffects()).contains(Effect.CONNECT);
        breaker.finding(now);
        opening();
        assertThat(breaker.takeEffects()).isEmpty(); // one at a time
        breaker.connected(false, now);
        assertThat(breaker.state()).isEqualTo(BreakerState.OPEN);
        assertThat(breaker.status().nextProbeAt()).isAfter(now);
    }

    @Test
    void theWaitsDoubleUpToHalfAMinute() {
        call(End.UNREACHABLE);
        for (int most : new int[] {1, 2, 4, 8, 16, 30, 30, 30}) {
            Duration wait = Duration.between(now, breaker.status().nextProbeAt());
            assertThat(wait).isBetween(Duration.ofMillis(750L * most), Duration.ofSeconds(most));
            pass(wait);
            opening();
            breaker.connected(false, now);
        }
    }

    @Test
    void somethingAnsweredMeanwhileKeepsItClosedButPacesCallsThatCannotBeSent() {
        for (int i = 0; i < 5; i++) {
            call(End.ANSWERED);
            call(End.UNREACHABLE);
        }
        assertThat(opening()).isEqualTo(Opening.FREE);
        for (int i = 0; i < 5; i++) {
            call(End.UNREACHABLE);
        }
        assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
        assertThat(opening()).isEqualTo(Opening.closedUntil(now.plusMillis(100)));
        pass(Duration.ofMillis(100));
        assertThat(opening().room()).isOne();
        pass(Duration.ofSeconds(1));
        call(End.UNREACHABLE);
        assertThat(breaker.state()).isEqualTo(BreakerState.OPEN);
    }

    @Test
    void tenFailuresInARowOpenIt() {
        for (int i = 0; i < 9; i++) {
            call(End.FAILED);
        }
        assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
        call(End.FAILED);
        assertThat(breaker.status().reason()).isEqualTo(BreakerReason.FAILING);
    }

    @Test
    void halfOfTwentyOpensIt() {
        for (int i = 0; i < 9; i++) {
            call(End.ANSWERED);
            call(End.FAILED);
        }
        call(End.ANSWERED);
        assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
        call(End.FAILED);
        assertThat(breaker.state()).isEqualTo(BreakerState.OPEN);
    }

    @ParameterizedTest
    @EnumSource(names = {"LIMITED", "UNAVAILABLE", "ABORTED"})
    void whatSaysNothingAboutTheBackendOpensNothing(End end) {
        for (int i = 0; i < 100; i++) {
            call(end);
        }
        assertThat(opening()).isEqualTo(Opening.FREE);
    }

    @Test
    void oneNewJobIsTheProbeAndAnyIfThereIsNoNewOne() {
        call(End.UNREACHABLE);
        probeConnects();
        assertThat(opening()).isEqualTo(new Opening(1, 0, Set.of(), Instant.MAX));
        breaker.takeEffects();
        breaker.claimed(List.of());
        assertThat(breaker.takeEffects()).contains(Effect.LOOK);
        assertThat(opening()).isEqualTo(new Opening(1, 1, Set.of(), Instant.MAX));
        breaker.claimed(List.of());
        assertThat(breaker.takeEffects()).isEmpty(); // no endless looking
        claim();
        assertThat(opening().isClosed()).isTrue();
    }

    @Test
    void aProbeThatIsAbortedIsFollowedByAnotherAtOnce() {
        call(End.UNREACHABLE);
        probeConnects();
        end(claim(), End.ABORTED);
        assertThat(opening().room()).isOne();
    }

    @Test
    void aProbeThatFailsOpensItAgainForWhatItMet() {
        call(End.UNREACHABLE);
        probeConnects();
        end(claim(), End.FAILED);
        assertThat(breaker.status().reason()).isEqualTo(BreakerReason.FAILING);
        assertThat(breaker.status().nextProbeAt()).isAfter(now.plusMillis(1_500 - 1));
    }

    @ParameterizedTest
    @EnumSource(names = {"ANSWERED", "LIMITED", "UNAVAILABLE"})
    void anyAnswerToTheProbeBeginsTheRamp(End end) {
        call(End.UNREACHABLE);
        probeConnects();
        end(claim(), end);
        assertThat(breaker.state()).isEqualTo(BreakerState.RAMPING);
        assertThat(opening().room()).isEqualTo(2);
        Job one = claim();
        Job two = claim();
        assertThat(opening().isClosed()).isTrue();
        end(one, End.ANSWERED);
        end(two, End.ANSWERED);
        assertThat(opening().room()).isEqualTo(4);
        pass(Duration.ofSeconds(10));
        assertThat(opening().room()).isEqualTo(8);
        pass(Duration.ofSeconds(10));
        assertThat(opening()).isEqualTo(Opening.FREE);
        assertThat(breaker.status().reason()).isNull();
    }

    @Test
    void callsThatBeganBeforeItOpenedDoNotCountAfterwards() {
        List<Job> hanging = Stream.generate(this::claim).limit(15).toList();
        call(End.UNREACHABLE);
        probeConnects();
        end(claim(), End.ANSWERED);
        hanging.forEach(job -> end(job, End.FAILED));
        assertThat(breaker.state()).isEqualTo(BreakerState.RAMPING);
        assertThat(opening().room()).isEqualTo(2);
    }

    @Test
    void whatAnotherNodeFoundIsFollowedAndOneNodeAtATimeProbes() {
        breaker.follow(finding(now, now.plusSeconds(20)), now);
        assertThat(breaker.state()).isEqualTo(BreakerState.OPEN);
        assertThat(breaker.takeEffects()).doesNotContain(Effect.SHARE); // nothing new
        assertThat(breaker.status().nextProbeAt()).isBetween(now.plusSeconds(20), now.plusSeconds(21));

        breaker.unfollow(now);
        assertThat(breaker.state()).isEqualTo(BreakerState.RAMPING);
        assertThat(breaker.takeEffects()).doesNotContain(Effect.WITHDRAW);
    }

    @Test
    void aNodeThatDiedWhileItProbedKeepsNothingShut() {
        Instant begun = now;
        breaker.follow(finding(begun, begun.plusSeconds(15)), now);
        pass(Duration.ofSeconds(17));
        breaker.takeEffects();
        opening();
        assertThat(breaker.takeEffects()).contains(Effect.CONNECT, Effect.SHARE);
        assertThat(breaker.finding(now).probingUntil()).isEqualTo(now.plus(Breaker.PROBING));
    }

    @Test
    void aProbeThatTakesLongIsToldAgainAndAgain() {
        call(End.UNREACHABLE);
        probeConnects();
        claim();
        breaker.takeEffects();
        breaker.finding(now);
        pass(Breaker.PROBING.dividedBy(3));
        opening();
        assertThat(breaker.takeEffects()).containsExactly(Effect.SHARE);
    }

    @Test
    void anAnswerHereRefutesWhatAnotherNodeFound() {
        Instant found = now;
        call(End.ANSWERED);
        breaker.follow(finding(found, Instant.EPOCH), now);
        assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
    }

    @Test
    void itsOwnFindingIsWithdrawnByWhoeverProbes() {
        call(End.UNREACHABLE);
        breaker.unfollow(now); // told of a time before its own finding was stored
        assertThat(breaker.state()).isEqualTo(BreakerState.OPEN);
        breaker.follow(breaker.finding(now), now);
        breaker.unfollow(now);
        assertThat(breaker.state()).isEqualTo(BreakerState.RAMPING);
    }

    @Test
    void findingsAreWrittenAndRead() {
        Finding finding = finding(now.plusNanos(1), Instant.EPOCH).inMillis();
        assertThat(Finding.decode(finding.encode())).isEqualTo(finding);
        assertThat(Finding.decode(new byte[] {1, 2})).isNull();
        assertThat(Finding.decode("a b c d e f".getBytes(UTF_8))).isNull();
    }
}
