package dev.sluice.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendRequest;
import dev.sluice.backend.Outcome;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import dev.sluice.journal.Journal;
import dev.sluice.journal.embedded.MemoryJournals;
import dev.sluice.protection.EndedCall.End;
import dev.sluice.queue.TestClock;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Routes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Two nodes whose breakers share what they find in one journal. */
@Timeout(60)
class SharedFindingsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final TestClock clock = new TestClock();
    private final Journal journal = MemoryJournals.open(clock);
    private final CallPolicy policy =
            Routes.route("r", "/r/**", "http://localhost:9").call();
    private final Node one = new Node();
    private final Node two = new Node();
    private int jobs;

    /** A node whose connections are made when the test says so. */
    private final class Node implements AutoCloseable {
        final AtomicInteger connecting = new AtomicInteger();
        final Sinks.One<Boolean> connected = Sinks.one();
        final BreakerMeters meters = new BreakerMeters(new SimpleMeterRegistry());
        final SharedFindings findings = new SharedFindings(journal, meters);
        final Breakers breakers =
                new Breakers(backend(), findings, () -> true, meters, new RouteEvents(), new Changes(), clock);

        private Backend backend() {
            return new Backend() {
                @Override
                public <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy called, Receiver<T> receiver) {
                    throw new UnsupportedOperationException("this test calls nothing");
                }

                @Override
                public Mono<Boolean> reachable(CallPolicy called) {
                    connecting.incrementAndGet();
                    return connected.asMono();
                }
            };
        }

        Opening opening() {
            return breakers.opening(policy, 0, clock.instant());
        }

        BreakerState state() {
            return breakers.of("r").state();
        }

        void call(End end) {
            JobSpec spec =
                    JobSpec.builder(clock.instant(), 5, Duration.ofDays(1)).build();
            Job job = new Job(new JobId(1, ++jobs), "r", jobs, spec, JobStatus.accepted(clock.instant()));
            breakers.claimed(policy, List.of(job), clock.instant());
            int status = end == End.ANSWERED ? 200 : 0;
            breakers.ended(policy, new EndedCall(job, end, Duration.ofMillis(1), status, null), clock.instant());
        }

        void awaits(BreakerState state) {
            await().atMost(LIMIT).until(this::state, state::equals);
        }

        @Override
        public void close() {
            findings.close();
        }
    }

    @AfterEach
    void close() {
        one.close();
        two.close();
        journal.close();
    }

    private void oneFindsItUnreachable() {
        one.opening();
        two.opening();
        one.call(End.UNREACHABLE);
        two.awaits(BreakerState.OPEN);
    }

    @Test
    void theFindingOfANodeHelpsTheOtherAndSoDoesItsProbe() {
        oneFindsItUnreachable();
        assertThat(two.breakers.of("r").reason()).isEqualTo(BreakerReason.UNREACHABLE);
        assertThat(two.opening().isClosed()).isTrue();

        clock.advance(Duration.ofSeconds(1));
        one.opening();
        assertThat(one.connecting).hasValue(1);
        await().atMost(LIMIT)
                .until(() -> two.breakers
                        .of("r")
                        .nextProbeAt()
                        .isAfter(clock.instant().plusSeconds(14)));
        two.opening();
        assertThat(two.connecting).hasValue(0); // one node at a time

        one.connected.tryEmitValue(true).orThrow();
        one.awaits(BreakerState.HALF_OPEN);
        one.call(End.ANSWERED);
        assertThat(one.state()).isEqualTo(BreakerState.RAMPING);
        two.awaits(BreakerState.RAMPING);
        assertThat(two.opening().room()).isEqualTo(2);
    }

    @Test
    void aNodeThatDiesWhileItProbesKeepsTheRouteNotShut() {
        oneFindsItUnreachable();
        clock.advance(Duration.ofSeconds(1));
        one.opening();
        await().atMost(LIMIT)
                .until(() -> two.breakers
                        .of("r")
                        .nextProbeAt()
                        .isAfter(clock.instant().plusSeconds(14)));
        one.close();

        clock.advance(Breaker.PROBING.plusSeconds(1));
        two.opening();
        assertThat(two.connecting).hasValue(1);
        two.connected.tryEmitValue(true).orThrow();
        two.awaits(BreakerState.HALF_OPEN);
        two.call(End.ANSWERED);
        assertThat(two.state()).isEqualTo(BreakerState.RAMPING);
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(journal.sharedValues().blockFirst(LIMIT)).isEmpty());
    }

    @Test
    void aNodeToWhichTheBackendAnswersIsNotShutByAnother() {
        one.opening();
        clock.advance(Duration.ofSeconds(1));
        one.call(End.UNREACHABLE);
        try (Node late = new Node()) {
            clock.advance(Duration.ofMillis(1));
            two.opening();
            await().atMost(LIMIT).until(() -> late.opening().isClosed());
            two.awaits(BreakerState.OPEN);
            clock.advance(Duration.ofSeconds(2)); // it probes for itself, and the backend answers
            two.opening();
            two.connected.tryEmitValue(true).orThrow();
            two.awaits(BreakerState.HALF_OPEN);
            two.call(End.ANSWERED);
            one.awaits(BreakerState.RAMPING);
            late.awaits(BreakerState.RAMPING);

            clock.advance(Duration.ofSeconds(2));
            two.call(End.ANSWERED);
            one.call(End.UNREACHABLE);
            late.awaits(BreakerState.OPEN);
            assertThat(two.state()).isEqualTo(BreakerState.RAMPING);
        }
    }

    @Test
    void aNodeThatStartsFollowsWhatIsKnown() {
        oneFindsItUnreachable();
        try (Node late = new Node()) {
            await().atMost(LIMIT).until(() -> late.opening().isClosed());
            assertThat(late.state()).isEqualTo(BreakerState.OPEN);
        }
    }
}
