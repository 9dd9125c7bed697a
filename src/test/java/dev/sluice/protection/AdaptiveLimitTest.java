package dev.sluice.protection;

import static dev.sluice.protection.SimulatedBackend.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protection.SimulatedBackend.Limit;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class AdaptiveLimitTest {

    /** The time within which the knee is found, in mean service times. */
    private static final int FOUND = 300;

    private static final double MEAN = 100_000;
    private static final int[] CAPACITIES = {4, 16, 2, 8};
    private static final int LONG_QUEUE = 200;

    /** How long a backend works for a request, with the same mean. */
    enum Work {
        EQUAL(0.9, random -> MEAN),
        EXPONENTIAL(0.9, random -> -Math.log(1 - random.nextDouble()) * MEAN),
        LOGNORMAL(0.9, random -> Math.exp(random.nextGaussian() - 0.5) * MEAN),
        /** Half of the requests take a hundred times as long as the others. */
        MIXED(0.85, random -> (random.nextBoolean() ? 1 : 100) * MEAN / 50.5);

        private final double share;
        private final ToDoubleFunction<Random> time;

        Work(double share, ToDoubleFunction<Random> time) {
            this.share = share;
            this.time = time;
        }

        ToDoubleFunction<Random> times(double factor) {
            return random -> factor * time.applyAsDouble(random);
        }
    }

    @ParameterizedTest
    @EnumSource
    void findsTheKneeOfABackendWhoseCapacityChanges(Work work) {
        for (long seed = 1; seed <= 3; seed++) {
            followsTheCapacity(seed, work, 1, LONG_QUEUE, 1.6);
        }
    }

    @ParameterizedTest
    @EnumSource
    void threeNodesFindItTogether(Work work) {
        for (long seed = 1; seed <= 3; seed++) {
            followsTheCapacity(seed, work, 3, LONG_QUEUE, 6);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EQUAL", "EXPONENTIAL", "LOGNORMAL"})
    void staysBelowWhatABackendWithoutAQueueRefuses(Work work) {
        for (long seed = 1; seed <= 3; seed++) {
            followsTheCapacity(seed, work, 1, 0, 1.1);
        }
    }

    /** Longer requests, which a comparison with the latency of before would take for a queue. */
    @ParameterizedTest
    @CsvSource({"EQUAL,1", "EXPONENTIAL,1", "LOGNORMAL,1", "EQUAL,3", "EXPONENTIAL,3", "LOGNORMAL,3"})
    void doesNotTakeLongerRequestsForAQueue(Work work, int nodes) {
        for (long seed = 1; seed <= 3; seed++) {
            SimulatedBackend backend = new SimulatedBackend(seed, work.time, LONG_QUEUE, adaptive(1, 256, nodes));
            backend.workers(8);
            backend.run((long) (5 * FOUND * MEAN));
            backend.serviceTime(work.times(3));
            backend.run((long) (3 * FOUND * MEAN));
            backend.run((long) (12 * FOUND * MEAN));
            assertThat(backend.answered()).as("%s, seed %d", work, seed).isGreaterThan((long) (0.85 * 8 * 4 * FOUND));
        }
    }

    @Test
    void keepsItsBounds() {
        SimulatedBackend backend = new SimulatedBackend(1, Work.MIXED.time, 3, adaptive(4, 6, 1));
        for (int capacity : new int[] {16, 1, 64, 2}) {
            backend.workers(capacity);
            for (int i = 0; i < 100; i++) {
                backend.run(SECOND);
                assertThat(backend.limit()).isBetween(4, 6);
            }
        }
    }

    @Test
    void doesNotGrowWithoutUse() {
        SimulatedBackend backend = new SimulatedBackend(1, Work.EXPONENTIAL.time, LONG_QUEUE, adaptive(1, 256, 1));
        backend.workers(64);
        backend.arrivals(20); // two at once, on an average
        backend.run(1000 * SECOND);
        assertThat(backend.limit()).isBetween(3, 16);
    }

    /** A request a minute, now short, now long, for two days. */
    @Test
    void keepsItsLimitWhileFewRequestsCome() {
        AdaptiveLimit limit = new AdaptiveLimit(1, 64, () -> 1);
        SimulatedBackend backend = new SimulatedBackend(1, Work.LOGNORMAL.time, LONG_QUEUE, Limit.of(limit));
        backend.workers(8);
        backend.run((long) (FOUND * MEAN));
        int found = limit.limit();
        Random random = new Random(1);
        long now = (long) (FOUND * MEAN);
        for (int i = 0; i < 2 * 24 * 60; i++) {
            now += 60 * SECOND;
            limit.answered(
                    now, (long) Work.LOGNORMAL.times(1 + 9 * random.nextInt(2)).applyAsDouble(random), 1);
        }
        assertThat(found).isBetween(7, 14);
        assertThat(limit.limit()).isEqualTo(found);
    }

    @Test
    void findsTheKneeForLongJobs() {
        SimulatedBackend backend =
                new SimulatedBackend(1, Work.EXPONENTIAL.times(600), LONG_QUEUE, adaptive(1, 256, 1)); // a minute each
        backend.workers(8);
        backend.run((long) (FOUND * 600 * MEAN));
        backend.run((long) (FOUND * 600 * MEAN));
        assertThat(backend.answered()).isGreaterThan((long) (0.9 * 8 * FOUND));
    }

    /** As when one caller among many is told to come back later. */
    @Test
    void aRefusalNowAndThenCostsNothing() {
        AdaptiveLimit limit = new AdaptiveLimit(1, 64, () -> 1);
        int[] calls = {0};
        Limit limited = new Limit() {
            @Override
            public int limit() {
                return limit.limit();
            }

            @Override
            public void answered(long now, long latency, int underWay) {
                if (++calls[0] % 20 == 0) {
                    limit.dropped(now, latency);
                } else {
                    limit.answered(now, latency, underWay);
                }
            }

            @Override
            public void dropped(long now, long latency) {
                limit.dropped(now, latency);
            }
        };
        SimulatedBackend backend = new SimulatedBackend(1, Work.EXPONENTIAL.time, LONG_QUEUE, limited);
        backend.workers(8);
        backend.run((long) (FOUND * MEAN));
        backend.run((long) (4 * FOUND * MEAN));
        assertThat(backend.answered()).isGreaterThan((long) (0.85 * 8 * 4 * FOUND));
    }

    @Test
    void shrinksToTheMinimumWhileNothingIsAnswered() {
        AdaptiveLimit limit = new AdaptiveLimit(2, 64, () -> 1);
        SimulatedBackend backend = new SimulatedBackend(1, Work.EQUAL.time, LONG_QUEUE, Limit.of(limit));
        backend.workers(32);
        backend.run((long) (FOUND * MEAN));
        assertThat(limit.limit()).isGreaterThan(16);
        long now = (long) (FOUND * MEAN);
        for (int i = 0; i < 2000; i++) {
            now += SECOND / 10;
            limit.dropped(now, SECOND / 20);
        }
        assertThat(limit.limit()).isEqualTo(2);
    }

    /** More than 90 % of what the best fixed limit answers, with a limit not far from it, once the limit was found. */
    private static void followsTheCapacity(long seed, Work work, int nodes, int queueLength, double farthest) {
        SimulatedBackend found = new SimulatedBackend(seed, work.time, queueLength, adaptive(1, 256, nodes));
        for (int capacity : CAPACITIES) {
            SimulatedBackend best = new SimulatedBackend(seed, work.time, queueLength, Limit.fixed(capacity));
            best.workers(capacity);
            best.run(4 * (long) (FOUND * MEAN));
            found.workers(capacity);
            found.run((long) (FOUND * MEAN));
            found.run(4 * (long) (FOUND * MEAN));
            assertThat((double) found.answered() / best.answered())
                    .as("%s, seed %d, capacity %d: of the best", work, seed, capacity)
                    .isGreaterThan(work.share);
            assertThat(found.meanLimit())
                    .as("%s, seed %d, capacity %d: limit", work, seed, capacity)
                    .isLessThan(farthest * capacity + nodes);
        }
    }

    private static Limit[] adaptive(int min, int max, int nodes) {
        return IntStream.range(0, nodes)
                .mapToObj(node -> Limit.of(new AdaptiveLimit(min, max, () -> nodes)))
                .toArray(Limit[]::new);
    }
}
