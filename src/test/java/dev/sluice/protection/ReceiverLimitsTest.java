package dev.sluice.protection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.callbacks.DeliveryRoutes;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import dev.sluice.journal.PerTurn;
import dev.sluice.protection.EndedCall.End;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReceiverLimitsTest {

    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");
    private static final CallPolicy POLICY = DeliveryRoutes.usual().call();

    private final AtomicInteger signals = new AtomicInteger();
    private final Changes changes = new Changes();
    private final ReceiverLimits limits = new ReceiverLimits(changes);
    private final Map<Long, Deque<Job>> running = new HashMap<>();
    private Instant now = NOW;

    ReceiverLimitsTest() {
        changes.listen(signals::incrementAndGet);
    }

    @Test
    void aReceiverThatIsNotKnownGetsAtMostEightAtOnce() {
        claimAll(1);
        assertThat(running.get(1L)).hasSizeBetween(5, 8);
        for (int i = 0; i < 100; i++) {
            end(1, i % 2 == 0 ? End.FAILED : End.ANSWERED);
            claimAll(1);
            assertThat(running.get(1L)).as("one that fails as often as not").hasSizeBetween(1, 8);
        }
    }

    @Test
    void aReceiverThatTakesWhatItGetsGetsMore() {
        claimAll(1);
        for (int i = 0; i < 2_000; i++) {
            end(1, End.ANSWERED);
            claimAll(1);
        }
        int places = POLICY.concurrency().perNode();
        assertThat(running.get(1L)).hasSizeBetween(places / 6, places / 4);
        end(1, End.FAILED);
        assertThat(full()).containsExactly(1L);
        while (running.get(1L).size() > 1) {
            end(1, End.FAILED);
        }
        assertThat(full()).as("one at a time, as any other").containsExactly(1L);
    }

    @Test
    void aClaimHasRoomForManyReceiversAndAPartForEach() {
        claim(1, 2);
        int places = POLICY.concurrency().perNode();
        assertThat(opening().room()).isEqualTo((places - 2) / 4);
        assertThat(opening().perTurn()).isEqualTo(new PerTurn(4, Map.of()));
        for (int i = 0; i < 100; i++) {
            end(1, End.ANSWERED);
            claim(1, 1);
        }
        assertThat(opening().perTurn().of(1))
                .as("one that takes them gets many at once")
                .isEqualTo(103);
        assertThat(opening().perTurn().of(2)).isEqualTo(4);
        end(1, End.FAILED);
        assertThat(opening().perTurn().of(1)).isEqualTo(4);
    }

    @Test
    void theClaimerIsToldWhenAReceiverHadItsPartAndMayHaveMore() {
        assertThat(most(1)).isEqualTo(4);
        claim(1, 3);
        assertThat(signals).as("no more of them wait").hasValue(0);
        assertThat(most(2)).isEqualTo(4);
        claim(2, 4);
        assertThat(signals).hasValue(1);
        assertThat(most(2)).isEqualTo(4);
        claim(2, 4);
        assertThat(full()).containsExactly(2L);
        assertThat(signals).as("it has enough").hasValue(1);
    }

    @Test
    void receiversThatFailHaveNoMoreThanTheirHalfAfterAClaimOfMany() {
        for (long receiver = 1; receiver <= 500; receiver++) {
            claim(receiver, 1);
            end(receiver, End.FAILED);
        }
        int started = 0;
        while (opening().held().isEmpty()) {
            int room = opening().room();
            List<Job> jobs = new ArrayList<>();
            for (int i = 0; i < room; i++) {
                jobs.add(job(1 + started++));
            }
            limits.claimed(POLICY, jobs, now);
        }
        assertThat(started).isBetween(200, POLICY.concurrency().perNode() / 2);
    }

    @Test
    void receiversThatTakeMuchLeavePlacesForOthers() {
        for (long receiver = 1; receiver <= 20; receiver++) {
            claimAll(receiver);
        }
        for (int i = 0; i < 1_000; i++) {
            for (long receiver = 1; receiver <= 20; receiver++) {
                end(receiver, End.ANSWERED);
                claimAll(receiver);
            }
        }
        int all = running.values().stream().mapToInt(Deque::size).sum();
        assertThat(all).isBetween(200, POLICY.concurrency().perNode() * 9 / 10);
    }

    @Test
    void aReceiverThatSharesItsTurnIsHeldByItsJobs() {
        claimAll(1);
        assertThat(full()).containsExactly(1L);
        claim(1, 1); // in spite of that
        assertThat(opening().held()).containsExactly(1L);
    }

    @Test
    void aReceiverThatIsHeldHoldsNoOther() {
        while (!full().contains(1L)) {
            claim(1, 4);
        }
        assertThat(full()).containsExactly(1L);
        assertThat(opening().room()).isPositive();
        claim(2, 1);
        assertThat(full()).containsExactly(1L);
    }

    @Test
    void itIsReleasedWhenHalfHaveEndedAndTheClaimerIsTold() {
        claim(1, 4);
        claim(1, 4);
        assertThat(full()).containsExactly(1L);
        signals.set(0);
        int ended = 0;
        while (full().contains(1L)) {
            assertThat(signals).hasValue(0);
            end(1, End.ANSWERED);
            ended++;
        }
        assertThat(signals).hasValue(1);
        assertThat(ended).isGreaterThan(3);
    }

    @Test
    void aReceiverThatFailsGetsFewer() {
        claim(1, 4);
        claim(1, 4);
        for (int i = 0; i < 7; i++) {
            end(1, End.FAILED);
        }
        assertThat(running.get(1L)).hasSize(1);
        assertThat(full()).as("one at a time").containsExactly(1L);
        claim(2, 3);
        end(2, End.ABORTED);
        assertThat(full()).as("what says nothing of a receiver").containsExactly(1L);
    }

    @Test
    void aReceiverThatFailsIsStillKnownWhenAllItsDeliveriesHaveEnded() {
        claim(1, 4);
        claim(1, 4);
        for (int i = 0; i < 8; i++) {
            end(1, End.FAILED);
        }
        claim(1, 1);
        assertThat(full()).as("one at a time").containsExactly(1L);
        end(1, End.FAILED);
        now = now.plus(ReceiverLimits.KNOWN);
        claim(1, 1);
        assertThat(full()).as("the failures are long ago").isEmpty();
    }

    @Test
    void receiversThatFailHaveHalfOfAllPlacesTogether() {
        for (long receiver = 1; receiver <= 500; receiver++) {
            claim(receiver, 1);
            end(receiver, End.FAILED);
        }
        int started = 0;
        for (long receiver = 1; receiver <= 500; receiver++) {
            if (!opening().held().contains(receiver)) {
                claim(receiver, 1);
                started++;
            }
        }
        assertThat(started).isBetween(200, POLICY.concurrency().perNode() / 2);
        assertThat(opening().held()).hasSize(500).doesNotContain(501L);
        signals.set(0);
        for (long receiver = 1; receiver <= started; receiver++) {
            end(receiver, End.FAILED);
        }
        assertThat(signals).hasPositiveValue();
        assertThat(opening().held()).isEmpty();
    }

    @Test
    void aReceiverIsHeldUntilItWantsToBeCalledAgain() {
        claim(1, 2);
        claim(2, 1);
        end(1, End.LIMITED, NOW.plusSeconds(60));
        end(1, End.UNAVAILABLE, NOW.plusSeconds(30));
        assertThat(opening().held()).containsExactly(1L);
        assertThat(opening().next()).isEqualTo(NOW.plusSeconds(60));
        now = NOW.plusSeconds(60);
        assertThat(opening().held()).isEmpty();
        assertThat(opening().next()).isEqualTo(Instant.MAX);
        end(2, End.LIMITED, NOW.plus(Duration.ofDays(30)));
        assertThat(opening().next()).isEqualTo(now.plus(POLICY.retry().maxHold()));
    }

    @Test
    void ofReceiversThatFailedSoManyAreKnown() {
        for (long receiver = 1; receiver <= ReceiverLimits.MOST_KNOWN + 100; receiver++) {
            claim(receiver, 1);
            end(receiver, End.UNREACHABLE);
        }
        assertThat(limits.known()).isEqualTo(ReceiverLimits.MOST_KNOWN);
        now = now.plus(ReceiverLimits.KNOWN);
        claim(1, 1);
        assertThat(limits.known()).isEqualTo(1);
    }

    @Test
    void nothingIsKeptOfReceiversWithoutDeliveries() {
        for (long receiver = 1; receiver <= 1_000; receiver++) {
            claim(receiver, 1);
            end(receiver, End.ANSWERED);
        }
        assertThat(opening().held()).isEmpty();
        assertThat(limits.known()).isZero();
        limits.ended(POLICY, new EndedCall(job(5), End.ABORTED, Duration.ZERO, 0, null), NOW);
        claim(5, 4);
        assertThat(opening().held()).as("it was not counted below nothing").isEmpty();
    }

    @Test
    void itConcernsDeliveriesOnlyAndTheOthersDoNotConcernThem() {
        CallPolicy usual =
                Routes.route("reports", "/reports", "http://localhost").call();
        assertThat(limits.protects(POLICY)).isTrue();
        assertThat(limits.protects(usual)).isFalse();
        RetryBudget budget = new RetryBudget(route -> false, changes);
        assertThat(budget.protects(POLICY)).isFalse();
        assertThat(budget.protects(usual)).isTrue();
    }

    private Set<Long> full() {
        Map<Long, Integer> most = opening().perTurn().others();
        return most.keySet().stream().filter(turn -> most.get(turn) == 0).collect(Collectors.toSet());
    }

    /** As many as it gets of many that wait. */
    private void claimAll(long receiver) {
        while (!full().contains(receiver)) {
            claim(receiver, most(receiver));
        }
    }

    private int most(long receiver) {
        return Math.min(opening().room(), opening().perTurn().of(receiver));
    }

    /** As a claim is to be begun. */
    private Opening opening() {
        return limits.opening(POLICY, 0, now);
    }

    private void claim(long receiver, int many) {
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            jobs.add(job(receiver));
        }
        running.computeIfAbsent(receiver, id -> new ArrayDeque<>()).addAll(jobs);
        limits.claimed(POLICY, jobs, now);
    }

    private void end(long receiver, End end) {
        end(receiver, end, null);
    }

    private void end(long receiver, End end, Instant retryAfter) {
        Job job = running.get(receiver).removeFirst();
        limits.ended(POLICY, new EndedCall(job, end, Duration.ofMillis(5), 200, retryAfter), now);
    }

    private static Job job(long receiver) {
        JobSpec spec =
                JobSpec.builder(NOW, 5, Duration.ofHours(1)).caller(receiver).build();
        return new Job(new JobId(1, 1), Route.CALLBACKS, 1, spec, JobStatus.accepted(NOW));
    }
}
