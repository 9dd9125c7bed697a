package dev.sluice.protection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Draft;
import dev.sluice.protection.EndedCall.End;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import dev.sluice.route.RouteTable;
import dev.sluice.route.Routes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The protections of the keys {@code concurrency} and {@code rate}. */
class LimitsTest {

    private static final Instant BEGIN = Instant.parse("2026-11-28T12:00:00Z");
    private static final JobIds IDS = new JobIds(Clock.systemUTC());

    private int nodes = 1;
    private final AdaptiveConcurrency limits = new AdaptiveConcurrency(() -> nodes);
    private final RateProtection rates = new RateProtection(() -> nodes);
    private Instant now = BEGIN;

    @Test
    void aFixedConcurrencyIsLeftToTheReaders() {
        CallPolicy fixed = policy("concurrency=4");
        assertThat(limits.opening(fixed, 4, now)).isEqualTo(Opening.FREE);
        assertThat(limits.limit(fixed)).isEqualTo(4);
        assertThat(limits.limit(policy("concurrency.cluster=64"))).isEqualTo(64);
        assertThat(rates.opening(fixed, 4, now)).isEqualTo(Opening.FREE);
    }

    @Test
    void theLimitGrowsWhileItIsUsed() {
        CallPolicy found = policy("concurrency.min=2", "concurrency.max=8");
        assertThat(limits.opening(found, 0, now).room()).isEqualTo(2);
        assertThat(limits.opening(found, 2, now).isClosed()).isTrue();
        call(found, End.ANSWERED, 200, 500);
        assertThat(limits.limit(found)).isEqualTo(8);
        assertThat(limits.opening(found, 3, now).room()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({
        "LIMITED, 429, 1",
        "UNAVAILABLE, 503, 1",
        "FAILED, 0, 1",
        "FAILED, 503, 1",
        "FAILED, 500, 8",
        "UNREACHABLE, 0, 8",
        "ABORTED, 0, 8"
    })
    void itShrinksWhenCallsAreRefusedOrTimeOut(End end, int status, int limit) {
        CallPolicy found = policy("concurrency.max=8");
        call(found, End.ANSWERED, 200, 500);
        assertThat(limits.limit(found)).isEqualTo(8);
        call(found, end, status, 500);
        assertThat(limits.limit(found)).isEqualTo(limit);
    }

    @Test
    void aRouteInTroubleShrinksNoOther() {
        CallPolicy one = policy("concurrency.max=8");
        CallPolicy other =
                Routes.route("s", "/s", "http://localhost", "concurrency.max=8").call();
        call(one, End.ANSWERED, 200, 500);
        call(other, End.ANSWERED, 200, 500);
        call(one, End.FAILED, 503, 500);
        assertThat(limits.limit(one)).isEqualTo(1);
        assertThat(limits.limit(other)).isEqualTo(8);
    }

    @Test
    void otherBoundsApplyAtOnceAndBeginAnew() {
        call(policy("concurrency.max=8"), End.ANSWERED, 200, 500);
        CallPolicy changed = policy("concurrency.min=3", "concurrency.max=5");
        assertThat(limits.opening(changed, 1, now).room()).isEqualTo(2);
    }

    @Test
    void theLimitOfEachRouteIsAMeter() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Route found = Routes.route("r", "/r", "http://localhost", "concurrency.min=2");
        Route fixed = Routes.route("s", "/s", "http://localhost");
        CurrentRoutes routes = new CurrentRoutes(new RouteTable(List.of(found, fixed)));
        routes.follow(new LimitMeters(registry, routes, limits)::follow);
        assertThat(registry.get("sluice.limit").tag("route", "r").gauge().value())
                .isEqualTo(2);
        assertThat(registry.get("sluice.limit").tag("route", "s").gauge().value())
                .isEqualTo(16);
        routes.replace(new RouteTable(List.of(fixed)));
        assertThat(registry.find("sluice.limit").tag("route", "r").gauge()).isNull();
    }

    @Test
    void theRateSaysWhenTheNextCallMayStart() {
        CallPolicy paced = policy("rate=50/s");
        assertThat(rates.opening(paced, 0, now)).isEqualTo(Opening.room(1, Instant.MAX));
        rates.claimed(paced, jobs(1), now);
        Opening closed = rates.opening(paced, 1, now);
        assertThat(closed.isClosed()).isTrue();
        assertThat(closed.next()).isBetween(now.plusMillis(10), now.plusMillis(20));
        assertThat(rates.opening(paced, 1, closed.next()).room()).isEqualTo(1);
    }

    @Test
    void ofASharedRateEachNodeTakesAnEqualPart() {
        nodes = 2;
        CallPolicy shared = policy("rate.cluster=100/s", "rate.burst=3");
        assertThat(rates.opening(shared, 0, now).room()).isEqualTo(2);
        assertThat(startsInAMinute(shared)).isBetween(2999, 3003);
        nodes = 4;
        assertThat(startsInAMinute(shared)).isBetween(1499, 1503);
        assertThat(startsInAMinute(policy("rate.limit=100/s"))).isBetween(5999, 6003);
    }

    private int startsInAMinute(CallPolicy policy) {
        Instant end = now.plusSeconds(60);
        int starts = 0;
        while (now.isBefore(end)) {
            Opening opening = rates.opening(policy, 0, now);
            if (opening.isClosed()) {
                now = opening.next();
            } else {
                rates.claimed(policy, jobs(opening.room()), now);
                starts += opening.room();
            }
        }
        return starts;
    }

    /** Makes so many rounds of calls, as many at once as may run, of 100 ms each. */
    private void call(CallPolicy policy, End end, int status, int rounds) {
        for (int i = 0; i < rounds; i++) {
            List<Job> jobs = jobs(limits.opening(policy, 0, now).room());
            limits.claimed(policy, jobs, now);
            now = now.plusMillis(100);
            jobs.forEach(
                    job -> limits.ended(policy, new EndedCall(job, end, Duration.ofMillis(100), status, null), now));
        }
    }

    private static CallPolicy policy(String... settings) {
        return Routes.route("r", "/r", "http://localhost", settings).call();
    }

    private static List<Job> jobs(int count) {
        return Collections.nCopies(
                count,
                new Draft(IDS.next(), BEGIN)
                        .route("r")
                        .target("/r")
                        .headers()
                        .attempts(3)
                        .job()
                        .accepted(1));
    }
}
