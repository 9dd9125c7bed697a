package dev.sluice.protection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.protection.Simulation.Reply;
import dev.sluice.protection.Simulation.Script;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Outages with thousands of jobs waiting, in virtual time: what is called, what fails, and when it is over. */
class OutageTest {

    private static final Duration START = Duration.ZERO;
    private static final Duration OUTAGE = Duration.ofMinutes(10);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final long SERVICE_MILLIS = 100;

    /** The longest wait of a probe, the probe, and the round trips of the ramp to 16 calls. */
    private static final Duration TO_FULL_LOAD = Duration.ofSeconds(31);

    /** An outage at the start; afterwards each call takes 100 ms. */
    private static Script outage(Reply reply, boolean accepts) {
        return new Script() {
            @Override
            public Reply reply(Duration at, Job job) {
                return at.compareTo(OUTAGE) < 0 ? reply : Reply.ok(SERVICE_MILLIS);
            }

            @Override
            public boolean accepts(Duration at) {
                return accepts || at.compareTo(OUTAGE) >= 0;
            }
        };
    }

    private static Script alternating(Duration period, Reply down, boolean accepts) {
        return new Script() {
            private boolean up(Duration at) {
                return at.dividedBy(period) % 2 == 1;
            }

            @Override
            public Reply reply(Duration at, Job job) {
                return up(at) ? Reply.ok(SERVICE_MILLIS) : down;
            }

            @Override
            public boolean accepts(Duration at) {
                return accepts || up(at);
            }
        };
    }

    private static Script failing(int percent) {
        Random random = new Random(3);
        return (at, job) -> random.nextInt(100) < percent ? Reply.error(SERVICE_MILLIS) : Reply.ok(SERVICE_MILLIS);
    }

    @Test
    void tenMinutesWithoutConnectionsFailNobodyAndAreProbedByBareConnections() {
        Simulation node = new Simulation(outage(Reply.refused(), false), "attempts=1")
                .accept(START, 10_000)
                .run(HOUR);

        assertThat(node.calls(START, OUTAGE)).hasSize(16); // those that were under way at once
        assertThat(node.connections).hasSizeBetween(24, 36);
        assertThat(node.succeeded).isEqualTo(10_000);
        assertThat(node.fullLoad(OUTAGE)).isLessThan(OUTAGE.plus(TO_FULL_LOAD));
        assertThat(node.opened()).isEqualTo(1);
    }

    @Test
    void tenMinutesOfErrorsUseUpTheTriesOfNobody() {
        Simulation node = new Simulation(outage(Reply.error(5), true))
                .accept(START, 10_000)
                .run(HOUR);

        assertThat(node.calls(START, OUTAGE)).hasSizeBetween(30, 60); // 16 and the probes
        assertThat(node.calls(START, OUTAGE)).noneMatch(Simulation.Call::retry);
        assertThat(node.succeeded).isEqualTo(10_000);
        assertThat(node.fullLoad(OUTAGE)).isLessThan(OUTAGE.plus(TO_FULL_LOAD));
    }

    @Test
    void aBackendSlowToACrawlGetsOneCallAtATime() {
        Simulation node = new Simulation(outage(Reply.timeout(60_000), true))
                .accept(START, 10_000)
                .run(HOUR);

        assertThat(node.calls(START, OUTAGE))
                .hasSizeBetween(17, 36); // at once 16, after a minute some more, the probes
        assertThat(node.succeeded).isEqualTo(10_000);
        assertThat(node.fullLoad(OUTAGE)).isLessThan(OUTAGE.plus(TO_FULL_LOAD).plusSeconds(60));
    }

    @Test
    void afterTheOutageTheLoadDoublesWithEachRoundTrip() {
        Simulation node = new Simulation(outage(Reply.refused(), false), "concurrency=64")
                .accept(START, 10_000)
                .run(HOUR);

        Duration back = node.connections.get(node.connections.size() - 1);
        int[] begun = new int[6];
        for (Simulation.Call call : node.calls(back, back.plusMillis(590))) {
            begun[(int) (call.at().minus(back).toMillis() / SERVICE_MILLIS)]++;
        }
        assertThat(begun).containsExactly(1, 2, 4, 8, 16, 32);
        assertThat(node.fullLoad(back)).isLessThan(back.plusMillis(7 * SERVICE_MILLIS));
    }

    @Test
    void longCallsDoNotKeepTheLoadDown() {
        Script script = (at, job) -> at.compareTo(OUTAGE) < 0 ? Reply.error(5) : Reply.ok(120_000);
        Simulation node = new Simulation(script).accept(START, 1_000).run(OUTAGE.plus(HOUR.dividedBy(4)));

        // The wait, the probe of two minutes, and three doublings.
        assertThat(node.fullLoad(OUTAGE)).isLessThan(OUTAGE.plusSeconds(30 + 120 + 3 * 10 + 1));
        assertThat(node.opened()).isEqualTo(node.calls(START, OUTAGE).size() - 15);
    }

    @Test
    void aBackendThatComesAndGoesIsUsedWhileItIsThere() {
        Simulation node = new Simulation(alternating(Duration.ofSeconds(10), Reply.refused(), false), "attempts=1")
                .accept(START, 100_000)
                .run(OUTAGE);

        // There for half of the time, 160 calls a second.
        assertThat(node.succeeded).isGreaterThan((int) (0.6 * 300 * 160));
        assertThat(node.failed).isZero();
        assertThat(node.opened()).isLessThanOrEqualTo(31); // once each time that it goes
        assertThat(node.calls.stream().filter(call -> call.end() == EndedCall.End.UNREACHABLE))
                .hasSizeLessThan(31 * 35);
    }

    @Test
    void aBackendThatFailsNowAndThenIsCalledSparinglyWhileItDoes() {
        Simulation node = new Simulation(alternating(Duration.ofSeconds(10), Reply.error(5), true))
                .accept(START, 100_000)
                .run(OUTAGE);

        assertThat(node.failed).isZero();
        assertThat(node.calls.stream().filter(call -> call.end() == EndedCall.End.FAILED))
                .hasSizeLessThan(31 * 30);
        assertThat(node.succeeded).isGreaterThan(20 * 160);
    }

    @Test
    void aDeadReplicaBehindALoadBalancerStopsNothing() {
        Random random = new Random(3);
        Script script = (at, job) -> random.nextInt(3) == 0 ? Reply.refused() : Reply.ok(SERVICE_MILLIS);
        Simulation node =
                new Simulation(script, "attempts=1").accept(START, 100_000).run(OUTAGE);

        assertThat(node.succeeded).isGreaterThan((int) (0.95 * 600 * 160));
        assertThat(node.failed).isZero();
    }

    @Test
    void errorsOfAFifthOfTheCallsOpenNothing() {
        for (int percent : new int[] {2, 10, 20}) {
            Simulation node =
                    new Simulation(failing(percent)).accept(START, 100_000).run(OUTAGE);
            assertThat(node.opened()).isZero();
            assertThat(node.calls).hasSizeGreaterThan((int) (0.99 * 600 * 160));
        }
    }

    @Test
    void thirtyPercentOfErrorsHardlyEverOpenIt() {
        Simulation node = new Simulation(failing(30)).accept(START, 100_000).run(OUTAGE);
        assertThat(node.opened()).isLessThan(10);
    }

    @Test
    void whileCallsFailRetriesAreAFifthOfThem() {
        Simulation node = new Simulation(failing(40)).accept(START, 100_000).run(OUTAGE);

        long retries = node.calls.stream().filter(Simulation.Call::retry).count();
        assertThat(node.calls).hasSizeGreaterThan(5_000);
        assertThat(retries).isLessThanOrEqualTo(node.calls.size() / 5 + 1).isGreaterThan(node.calls.size() / 20);
    }

    @Test
    void withoutNewWorkRetriesGoOnAFifthAtATime() {
        Script script = (at, job) -> job.attempt() <= 2 ? Reply.error(SERVICE_MILLIS) : Reply.ok(SERVICE_MILLIS);
        Simulation node =
                new Simulation(script, "breaker=false").accept(START, 1_000).run(HOUR);

        assertThat(node.succeeded).isEqualTo(1_000);
        Duration lastNew = node.calls.stream()
                .filter(call -> !call.retry())
                .map(Simulation.Call::at)
                .reduce(START, (a, b) -> b);
        // 3 of 16 at once, each for 100 ms.
        assertThat(node.calls(lastNew.plusSeconds(1), lastNew.plusSeconds(11))).hasSizeBetween(200, 330);
    }

    @Test
    void aRouteWithoutABreakerIsCalledAsBefore() {
        Simulation node = new Simulation(outage(Reply.error(5), true), "breaker=false", "attempts=2", "backoff=1s")
                .accept(START, 100)
                .run(OUTAGE);
        assertThat(node.failed).isEqualTo(100);
        assertThat(node.status()).isEqualTo(BreakerStatus.NEW);
    }
}
