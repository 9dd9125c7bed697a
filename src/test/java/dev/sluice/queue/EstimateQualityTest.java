package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Estimate;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
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
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/**
 * How good the estimate is that a client is told with its 202: jobs come and are worked off in a known pattern on a clock of
 * the test, and what was told is held against what came true.
 */
class EstimateQualityTest {

    private static final int PLACES = 4;
    private static final double SERVICE_MILLIS = 2_000;
    private static final int WARM_UP = 20;

    private final Route route = Routes.route("reports", "/reports", "http://localhost:1", "concurrency=" + PLACES);
    private final QueueRig rig = new QueueRig(route);
    private final Random random = new Random(20_261_123);

    @AfterEach
    void close() {
        rig.close();
    }

    /** A moment at which something happens; {@code ends} is null for an arrival. */
    private record Moment(double at, Job ends) {}

    /** What was told and what came true, in milliseconds from the acceptance. */
    private record Told(double estimated, double actual) {
        double error() {
            return Math.abs(estimated - actual);
        }
    }

    @Test
    void withEqualServiceTimesItIsRightToWithinOneOfThem() {
        List<Told> told = run(400, () -> 400, () -> SERVICE_MILLIS);
        assertThat(told).as("the queue grows: more come than are worked off").hasSizeGreaterThan(350);
        assertThat(told.get(told.size() - 1).actual()).isGreaterThan(10 * SERVICE_MILLIS);
        assertThat(told).allSatisfy(one -> assertThat(one.error()).isLessThanOrEqualTo(SERVICE_MILLIS));
    }

    @Test
    void ofABurstToo() {
        List<Told> told = run(300, () -> 0, () -> SERVICE_MILLIS);
        assertThat(told).allSatisfy(one -> assertThat(one.error()).isLessThanOrEqualTo(SERVICE_MILLIS));
    }

    /** Exponential service times, as unlike one another as is usual to assume, and arrivals at random. */
    @Test
    void withServiceTimesAtRandomItIsRightOnTheWhole() {
        double arrivals = SERVICE_MILLIS / PLACES / 0.95;
        List<Told> told = run(2_000, () -> exponential(arrivals), () -> exponential(SERVICE_MILLIS));
        double actual = told.stream().mapToDouble(Told::actual).average().orElseThrow();
        double estimated = told.stream().mapToDouble(Told::estimated).average().orElseThrow();
        double error = told.stream()
                .mapToDouble(Told::error)
                .sorted()
                .skip(told.size() / 2)
                .findFirst()
                .orElseThrow();
        assertThat(estimated).isBetween(0.85 * actual, 1.15 * actual);
        assertThat(error).as("half of the jobs").isLessThan(1.0 * SERVICE_MILLIS);
    }

    private double exponential(double mean) {
        return -mean * Math.log(1 - random.nextDouble());
    }

    /** Lets jobs come and be worked off, and gives back what those were told who came once service times were known. */
    private List<Told> run(int jobs, DoubleSupplier between, DoubleSupplier service) {
        Map<JobId, Double> estimates = new HashMap<>();
        Map<JobId, Double> accepted = new HashMap<>();
        List<Told> told = new ArrayList<>();
        PriorityQueue<Moment> next = new PriorityQueue<>((a, b) -> Double.compare(a.at(), b.at()));
        for (int i = 0; i < WARM_UP; i++) {
            rig.estimator.observed("reports", Duration.ofMillis((long) service.getAsDouble()));
        }
        double arrival = 0;
        for (int i = 0; i < jobs; i++) {
            next.add(new Moment(arrival, null));
            arrival += between.getAsDouble();
        }
        Instant begin = rig.clock.instant();
        int running = 0;
        while (!next.isEmpty()) {
            Moment moment = next.poll();
            Instant now = begin.plusMillis((long) moment.at());
            rig.clock.advance(Duration.between(rig.clock.instant(), now));
            if (moment.ends() == null) {
                Estimate estimate = rig.estimator.estimate(route, 3, now, now);
                JobId id = rig.accepted("reports");
                accepted.put(id, moment.at());
                estimates.put(
                        id, (double) Duration.between(now, estimate.finishAt()).toMillis());
            } else {
                running--;
                Job job = moment.ends();
                Ends.finish(rig.journal, job, new Ending(new JobResult(200, Headers.NONE), null), Flux.empty())
                        .block(QueueRig.LIMIT);
                rig.estimator.observed("reports", Duration.between(job.startedAt(), now));
                told.add(new Told(estimates.get(job.id()), moment.at() - accepted.get(job.id())));
            }
            if (running == PLACES) {
                continue;
            }
            for (Job job : rig.journal
                    .claim(Map.of("reports", Journal.Demand.of(PLACES - running)), Duration.ofDays(1))
                    .block(QueueRig.LIMIT)
                    .jobs()) {
                running++;
                next.add(new Moment(moment.at() + service.getAsDouble(), job));
            }
        }
        return told;
    }
}
