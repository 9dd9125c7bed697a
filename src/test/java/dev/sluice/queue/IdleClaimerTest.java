package dev.sluice.queue;

import static dev.sluice.queue.QueueRig.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.StandingClaim;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** How often the claimer asks the journal when nobody tells it of anything. */
class IdleClaimerTest {

    private static final Duration A_WHILE = Duration.ofSeconds(10);

    private final Route reports = Routes.route("reports", "/reports", "http://localhost:1");
    private final QueueRig rig = new QueueRig(reports);
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final AtomicInteger claims = new AtomicInteger();
    private final JobQueue queue = new JobQueue();
    private Claimer claimer;

    /** The backlog of the rig's, of which no claim takes anything. */
    private UnreliableJournal journal() {
        return new UnreliableJournal(rig.journal) {
            @Override
            public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
                return Mono.fromCallable(() -> {
                    claims.incrementAndGet();
                    return new Claimed(List.of(), Instant.MAX);
                });
            }

            @Override
            public StandingClaim stand(Map<String, Demand> demand, Duration lease) {
                return StandingClaim.NONE;
            }
        };
    }

    @BeforeEach
    void start() {
        start(journal());
    }

    private void start(UnreliableJournal journal) {
        claimer = new Claimer(
                journal,
                queue,
                new ClaimDemand(queue, journal, rig.routes, rig.protections),
                new Offers(journal, rig.meters, time),
                rig.protections,
                rig.recorder,
                rig.meters,
                QueueRig.LEASE,
                rig.clock,
                time);
        claimer.start();
        Reader reader = new Reader();
        queue.jobs(reports.call()).subscribe(reader);
        reader.request(5);
        time.advanceTimeBy(Duration.ofSeconds(2));
        claims.set(0);
    }

    @AfterEach
    void close() {
        claimer.stop().subscribe();
        time.dispose();
        rig.close();
    }

    @Test
    void asLongAsNoJobIsUnfinishedItDoesNot() {
        time.advanceTimeBy(A_WHILE);
        assertThat(claims).hasValue(0);
        queue.nudge();
        time.advanceTimeBy(A_WHILE);
        assertThat(claims).as("only when it is told to").hasValue(1);
    }

    @Test
    void onceASecondIfThereIsAJobOfWhichNobodyToldIt() {
        rig.accept("reports", 1).block(LIMIT);
        time.advanceTimeBy(A_WHILE);
        assertThat(claims).hasValue(10);
    }

    @Test
    void onceASecondIfThereIsAJobOfARouteThatIsGone() {
        rig.accept("retired", 1).block(LIMIT);
        time.advanceTimeBy(A_WHILE);
        assertThat(claims).hasValue(10);
    }

    /** It is the clock of the protections. */
    @Test
    void onceASecondWhileAProtectionClosesARoute() {
        rig.held.pauses.pause("reports", null).block(LIMIT);
        queue.nudge();
        Reader other = new Reader();
        queue.jobs(Routes.route("other", "/other", "http://localhost:1").call()).subscribe(other);
        other.request(1); // a claim names what is open
        time.advanceTimeBy(Duration.ofSeconds(1));
        claims.set(0);
        time.advanceTimeBy(A_WHILE);
        assertThat(claims).hasValue(10);
        rig.held.pauses.resume("reports").block(LIMIT);
        queue.nudge();
        time.advanceTimeBy(Duration.ofSeconds(1));
        claims.set(0);
        time.advanceTimeBy(A_WHILE);
        assertThat(claims).hasValue(0);
    }

    /** Which may have accepted jobs that are not counted here yet. */
    @Test
    void onceASecondIfThereAreOtherNodes() {
        claimer.stop().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        UnreliableJournal shared = journal();
        shared.sharedBy(2);
        start(shared);
        time.advanceTimeBy(A_WHILE);
        assertThat(claims).hasValue(10);
    }
}
