package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import dev.sluice.journal.Journal;
import dev.sluice.protection.Outlook;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EstimatorTest {

    private final Route route = Routes.route("reports", "/reports", "http://localhost:1", "concurrency=2");
    private final Route shared = Routes.route("shared", "/shared", "http://localhost:1", "concurrency.cluster=2");
    private final QueueRig rig = new QueueRig(route, shared);
    private final Random random = new Random(7);
    private final Estimator estimator =
            new Estimator(rig.journal, rig.routes, rig.held.holds, rig.protections, () -> random);

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void isUnknownUntilAServiceTimeIsKnown() {
        assertThat(estimator.estimate(route, 3, now(), now())).isNull();
        estimator.observed("another", Duration.ofSeconds(1));
        assertThat(estimator.estimate(route, 3, now(), now())).isNull();
    }

    @Test
    void aJobWithAFreePlaceStartsNow() {
        estimator.observed("reports", Duration.ofSeconds(4));
        assertThat(estimator.estimate(route, 3, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(0, 4_000));
        rig.accepted("reports");
        assertThat(estimator.estimate(route, 3, now(), now()))
                .as("one of two places is left")
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(0, 4_000));
    }

    @Test
    void whatIsAheadIsWorkedOffByAllPlacesTogether() {
        estimator.observed("reports", Duration.ofSeconds(4));
        for (int i = 0; i < 6; i++) {
            rig.accepted("reports");
        }
        rig.journal
                .claim(Map.of("reports", Journal.Demand.of(2)), QueueRig.LEASE)
                .block(QueueRig.LIMIT);
        // Two run, four wait: the fifth of these turns, at one turn every two seconds, is the new job's.
        assertThat(estimator.estimate(route, 3, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(10_000, 14_000));
    }

    /** Their backend works at them for an hour, but the place that the call had is free after a tenth of a second. */
    @Test
    void jobsThatBackendsTakeOverMakeRoomAsSoonAsTheyAreTakenOver() {
        estimator.completed("reports", Duration.ofHours(1));
        estimator.takenOver("reports", Duration.ofMillis(100));
        for (int i = 0; i < 101; i++) {
            rig.accepted("reports");
        }
        assertThat(estimator.estimate(route, 3, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(5_000, 3_605_000));
        assertThat(estimator.retryAfterFull(route, now())).isLessThan(Duration.ofSeconds(4));
    }

    @Test
    void untilACallIsKnownItCountsAsLongAsTheWork() {
        estimator.completed("reports", Duration.ofSeconds(4));
        rig.accepted("reports");
        rig.accepted("reports");
        assertThat(estimator.estimate(route, 3, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(2_000, 6_000));
    }

    @Test
    void thePlacesOfAllNodesCount() {
        estimator.observed("reports", Duration.ofSeconds(4));
        for (int i = 0; i < 9; i++) {
            rig.accepted("reports");
        }
        rig.journal.sharedBy(4);
        // Nine wait for eight places, of which one becomes free every half second: the new job's is the second turn.
        assertThat(estimator.estimate(route, 3, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(1_000, 5_000));
    }

    @Test
    void placesThatTheNodesShareCountOnce() {
        estimator.observed("shared", Duration.ofSeconds(4));
        for (int i = 0; i < 9; i++) {
            rig.accepted("shared");
        }
        for (int nodes : List.of(1, 4)) {
            rig.journal.sharedBy(nodes);
            assertThat(estimator.estimate(shared, 3, now(), now()))
                    .usingRecursiveComparison()
                    .ignoringFields("finishBy")
                    .isEqualTo(estimate(16_000, 20_000));
            assertThat(many(() -> estimator.retryAfterFull(shared, now()))).containsExactlyInAnyOrder(2L, 3L);
        }
    }

    @Test
    void aHoldIsWaitedFor() {
        estimator.observed("reports", Duration.ofSeconds(4));
        hold(now().plusSeconds(60));
        assertThat(estimator.estimate(route, 3, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(60_000, 64_000));
        assertThat(estimator.estimate(route, 3, now(), now().plusSeconds(61)))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(new Estimate(now().plusSeconds(61), now().plusSeconds(65)));
    }

    @Test
    void noEstimateKnowsWhenAnOperatorResumesARoute() {
        estimator.observed("reports", Duration.ofSeconds(4));
        rig.held.pauses.pause("reports", null).block(QueueRig.LIMIT);
        assertThat(estimator.estimate(route, 3, now(), now())).isNull();
    }

    /** Calls are started no faster than all protections together allow. */
    @Test
    void aLimitThatIsFoundAndARateCount() {
        estimator.observed("reports", Duration.ofSeconds(4));
        for (int i = 0; i < 5; i++) {
            rig.accepted("reports");
        }
        rig.outlook = new Outlook(true, 1, Double.POSITIVE_INFINITY);
        assertThat(estimator.estimate(route, 3, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(20_000, 24_000));
        rig.outlook = new Outlook(true, 100, 0.1);
        assertThat(estimator.estimate(route, 3, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(50_000, 54_000));
    }

    @Test
    void theJobsOfAHeldCallerWaitForTheEndOfItsHold() {
        estimator.observed("reports", Duration.ofSeconds(4));
        Job job = rig.find(rig.accepted("reports"));
        rig.held.limited(route.call(), job, now().plusSeconds(60));
        assertThat(estimator.estimate(job, 1, now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(60_000, 64_000));
        assertThat(estimator.estimate(route, 3, 77, 0, now(), now()))
                .as("of others")
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(0, 4_000));
    }

    @Test
    void whenAPausedRouteGoesOnIsNotKnown() {
        estimator.observed("reports", Duration.ofSeconds(4));
        Job running = rig.find(rig.accepted("reports"));
        rig.journal
                .claim(Map.of("reports", Journal.Demand.of(1)), QueueRig.LEASE)
                .block(QueueRig.LIMIT);
        rig.held.pauses.pause("reports", null).block(QueueRig.LIMIT);
        assertThat(estimator.estimate(route, 3, now(), now())).isNull();
        assertThat(estimator.estimate(running, 1, now())).isNull();
        assertThat(estimator.estimate(rig.find(running.id()), 0, now())).isNotNull();
        assertThat(estimator.estimate(shared, 3, now(), now())).isNull();
        rig.held.pauses.resume("reports").block(QueueRig.LIMIT);
        assertThat(estimator.estimate(route, 3, now(), now())).isNotNull();
    }

    private void hold(Instant until) {
        rig.held.unavailable(route.call(), rig.find(rig.accepted("reports")), until);
    }

    @Test
    void aJobThatStartsLaterIsNotExpectedBefore() {
        estimator.observed("reports", Duration.ofSeconds(4));
        assertThat(estimator.estimate(route, 3, now().plusSeconds(9), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(9_000, 13_000));
    }

    @Test
    void onlyWhatIsAsUrgentIsAheadOfAnUrgentJob() {
        estimator.observed("reports", Duration.ofSeconds(4));
        for (int i = 0; i < 6; i++) {
            rig.accepted("reports");
        }
        assertThat(estimator.estimate(route, 0, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(0, 4_000));
        assertThat(estimator.estimate(route, 7, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(10_000, 14_000));
    }

    @Test
    void theEstimateOfAJobMovesWithItsPosition() {
        estimator.observed("reports", Duration.ofSeconds(4));
        Job first = rig.find(rig.accepted("reports"));
        Job second = rig.find(rig.accepted("reports"));
        assertThat(estimator.estimate(second, 4, now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(4_000, 8_000));
        assertThat(estimator.estimate(second, 2, now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(0, 4_000));
        Job running = rig.journal
                .claim(Map.of("reports", Journal.Demand.of(1)), QueueRig.LEASE)
                .block(QueueRig.LIMIT)
                .jobs()
                .get(0);
        assertThat(running.id()).isEqualTo(first.id());
        assertThat(estimator.estimate(running, 0, now().plusSeconds(1)))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(0, 4_000));
        assertThat(estimator.estimate(running, 0, now().plusSeconds(6)))
                .as("a job that takes longer than usual may end any moment")
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(0, 6_000));
        assertThat(estimator.estimate(rig.journal.cancel(first.id()).block(QueueRig.LIMIT), 0, now()))
                .isNull();
    }

    @Test
    void newServiceTimesOutweighOldOnes() {
        estimator.observed("reports", Duration.ofSeconds(10));
        estimator.observed("reports", Duration.ofSeconds(20));
        assertThat(estimator.estimate(route, 3, now(), now()))
                .usingRecursiveComparison()
                .ignoringFields("finishBy")
                .isEqualTo(estimate(0, 11_000));
        for (int i = 0; i < 100; i++) {
            estimator.observed("reports", Duration.ofMillis(100));
        }
        assertThat(Duration.between(
                        now(), estimator.estimate(route, 3, now(), now()).finishAt()))
                .isBetween(Duration.ofMillis(100), Duration.ofMillis(102));
    }

    @Test
    void retryAfterIsWholeSecondsFromOneWithJitter() {
        assertThat(many(() -> estimator.retryAfter(null, now()))).containsExactlyInAnyOrder(1L, 2L);
        assertThat(many(() -> estimator.retryAfter(estimate(0, 200), now()))).containsExactlyInAnyOrder(1L, 2L);
        assertThat(many(() -> estimator.retryAfter(estimate(0, 2_001), now()))).containsExactlyInAnyOrder(3L, 4L);
        assertThat(many(() -> estimator.retryAfter(estimate(-9_000, -5_000), now())))
                .as("late jobs too")
                .containsExactlyInAnyOrder(1L, 2L);
        assertThat(many(() -> estimator.retryAfter(estimate(0, 100_000), now())))
                .hasSize(12)
                .allSatisfy(seconds -> assertThat(seconds).isBetween(100L, 111L));
        assertThat(many(() -> estimator.retryAfter(estimate(0, 100_000_000), now())))
                .containsExactly(3_600L);
    }

    @Test
    void aFullQueueIsWorthComingBackToWhenATenthOfItIsDone() {
        assertThat(many(() -> estimator.retryAfterFull(route, now()))).containsExactlyInAnyOrder(5L, 6L);
        estimator.observed("reports", Duration.ofSeconds(2));
        for (int i = 0; i < 30; i++) {
            rig.accepted("reports");
        }
        assertThat(many(() -> estimator.retryAfterFull(route, now()))).containsExactlyInAnyOrder(4L, 5L);
        rig.journal.sharedBy(4);
        assertThat(many(() -> estimator.retryAfterFull(route, now()))).containsExactlyInAnyOrder(1L, 2L);
        rig.journal.sharedBy(1);
        hold(now().plusSeconds(3));
        assertThat(many(() -> estimator.retryAfterFull(route, now()))).containsExactlyInAnyOrder(7L, 8L);
        hold(now().plusSeconds(100_000));
        assertThat(many(() -> estimator.retryAfterFull(route, now()))).containsExactly(300L);
    }

    private java.util.Set<Long> many(java.util.function.Supplier<Duration> wait) {
        return IntStream.range(0, 1_000)
                .mapToObj(i -> wait.get())
                .peek(one -> assertThat(one.toNanosPart()).isZero())
                .map(Duration::toSeconds)
                .collect(java.util.stream.Collectors.toSet());
    }

    private Instant now() {
        return rig.clock.instant();
    }

    private Estimate estimate(long startMillis, long finishMillis) {
        return new Estimate(now().plusMillis(startMillis), now().plusMillis(finishMillis));
    }
}
