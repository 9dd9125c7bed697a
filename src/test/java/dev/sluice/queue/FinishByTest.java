package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Estimate;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.Journal;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/**
 * How many of 10,000 jobs are finished by the time that their client was told: two urgencies, service times that differ widely,
 * one call in twenty repeated after a backoff, bursts, and a backend that stands still for half a minute. On a clock of
 * the test.
 */
class FinishByTest {

    private static final int JOBS = 10_000;
    private static final int PLACES = 8;
    private static final double SERVICE_MILLIS = 1_000;
    private static final double SPREAD = 0.7;
    private static final double LOAD = 0.8;
    private static final double STANDSTILL_MILLIS = 30_000;

    private final Route route = Routes.route("reports", "/reports", "http://localhost:1", "concurrency=" + PLACES);

    /** A moment at which something happens: an arrival, the end of a call or, with neither, a due time. */
    private record Moment(
            double at, boolean arrives, @Nullable Job ends) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 20_261_128, 7_777})
    void nineOfTenAreFinishedByThen(long seed) {
        List<Boolean> kept = new ArrayList<>();
        try (QueueRig rig = new QueueRig(route)) {
            run(rig, new Random(seed), kept);
        }
        assertThat(share(kept)).as("of all").isBetween(0.87, 0.93);
        for (int quarter = 0; quarter < 4; quarter++) {
            int size = kept.size() / 4;
            assertThat(share(kept.subList(quarter * size, (quarter + 1) * size)))
                    .as("of quarter " + quarter)
                    .isGreaterThan(0.75);
        }
    }

    private static double share(List<Boolean> kept) {
        return kept.stream().filter(yes -> yes).count() / (double) kept.size();
    }

    private void run(QueueRig rig, Random random, List<Boolean> kept) {
        Map<JobId, Instant> promises = new HashMap<>();
        PriorityQueue<Moment> next = new PriorityQueue<>((a, b) -> Double.compare(a.at(), b.at()));
        double arrival = 0;
        for (int i = 0; i < JOBS; i++) {
            next.add(new Moment(arrival, true, null));
            boolean burst = i % 1_000 < 100;
            arrival += burst ? 1 : -Math.log(1 - random.nextDouble()) * SERVICE_MILLIS / PLACES / LOAD;
        }
        double standstill = arrival * 0.4;
        rig.estimator.observed("reports", Duration.ofMillis((long) SERVICE_MILLIS));
        Instant begin = rig.clock.instant();
        int running = 0;
        while (!next.isEmpty()) {
            Moment moment = next.poll();
            Instant now = begin.plusMillis((long) moment.at());
            rig.clock.advance(Duration.between(rig.clock.instant(), now));
            Job ends = moment.ends();
            if (moment.arrives()) {
                int urgency = random.nextInt(4) == 0 ? 2 : 3;
                Estimate told = rig.estimator.estimate(route, urgency, now, now);
                promises.put(rig.accepted("reports", urgency, told), told.finishBy());
            } else if (ends != null) {
                running--;
                rig.estimator.observed("reports", Duration.between(ends.startedAt(), now));
                if (random.nextInt(20) == 0 && ends.tries() < 4) {
                    double wait = 1_000 + random.nextInt(3_000);
                    requeue(rig, ends, now.plusMillis((long) wait));
                    next.add(new Moment(moment.at() + wait, false, null));
                } else {
                    Job done = Ends.finish(
                                    rig.journal, ends, new Ending(new JobResult(200, Headers.NONE), null), Flux.empty())
                            .block(QueueRig.LIMIT);
                    rig.estimator.finished(done);
                    kept.add(!now.isAfter(promises.remove(done.id())));
                }
            }
            if (running < PLACES) {
                Map<String, Journal.Demand> demand = Map.of("reports", Journal.Demand.of(PLACES - running));
                for (Job job : rig.journal
                        .claim(demand, Duration.ofDays(1))
                        .block(QueueRig.LIMIT)
                        .jobs()) {
                    running++;
                    next.add(new Moment(end(moment.at(), random, standstill), false, job));
                }
            }
        }
        assertThat(promises).isEmpty();
    }

    /** The service time is log-normal; nothing ends while the backend stands still. */
    private static double end(double now, Random random, double standstill) {
        double service = SERVICE_MILLIS * Math.exp(SPREAD * random.nextGaussian() - SPREAD * SPREAD / 2);
        double end = now + service;
        boolean stands = now < standstill + STANDSTILL_MILLIS && end > standstill;
        return stands ? end + standstill + STANDSTILL_MILLIS - Math.max(now, standstill) : end;
    }

    private static void requeue(QueueRig rig, Job job, Instant due) {
        Failure failure = new Failure(Problem.BACKEND_STATUS, "The backend answered 500.");
        rig.journal
                .record(job, new Transition.Requeue(RequeueReason.RETRY, due, failure))
                .block(QueueRig.LIMIT);
    }
}
