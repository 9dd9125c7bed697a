package dev.sluice.queue;

import static dev.sluice.queue.QueueRig.LIMIT;
import static dev.sluice.queue.QueueRig.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.journal.Journal;
import dev.sluice.queue.UnreliableJournal.Verb;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaseKeeperTest {

    /** Short, so that a third of it is soon over; what holds and what not is the clock's to say, which is moved by hand. */
    private static final Duration LEASE = Duration.ofMillis(150);

    private final QueueRig rig = new QueueRig(LEASE, Routes.route("reports", "/reports", "http://localhost:1"));
    private final List<Job> held = new CopyOnWriteArrayList<>();
    private final List<Job> lost = new CopyOnWriteArrayList<>();

    private final LeaseKeeper.Holdings holdings = new LeaseKeeper.Holdings() {
        @Override
        public Collection<Job> held() {
            return held;
        }

        @Override
        public void lost(Job claimed) {
            lost.add(claimed);
        }
    };

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void whatIsHeldIsRenewedInTime() {
        held.addAll(claim(2));
        rig.keeper.start(holdings);
        for (int i = 0; i < 4; i++) {
            afterARenewal();
            rig.clock.advance(LEASE.minusMillis(1));
        }
        afterARenewal();
        assertThat(lost).isEmpty();
        assertThat(claim(0)).isEmpty();
        assertThat(rig.journal.backlog().of("reports").running()).isEqualTo(2);
    }

    @Test
    void whatIsLostIsReported() {
        List<Job> claimed = claim(2);
        held.addAll(claimed);
        rig.keeper.start(holdings);
        rig.journal.cancel(claimed.get(1).id()).block(LIMIT);
        until(() -> !lost.isEmpty());
        assertThat(lost).containsOnly(claimed.get(1));
    }

    @Test
    void aCheckDoesNotWaitForTheNextRenewal() {
        QueueRig slow = new QueueRig(Duration.ofHours(1), Routes.route("reports", "/reports", "http://localhost:1"));
        try (slow) {
            slow.accepted("reports");
            held.addAll(slow.journal
                    .claim(Map.of("reports", Journal.Demand.of(1)), LEASE)
                    .block(LIMIT)
                    .jobs());
            slow.keeper.start(holdings);
            slow.clock.advance(LEASE.plusMillis(1));
            slow.keeper.check();
            until(() -> lost.equals(held));
        }
    }

    @Test
    void aFailedRenewalIsRepeated() {
        held.addAll(claim(1));
        rig.journal.fail(Verb.RENEW);
        rig.keeper.start(holdings);
        until(() -> rig.count("sluice.queue.journal.errors", "verb", "renew") >= 3);
        rig.journal.failWith(new IllegalArgumentException("planted"), Verb.RENEW);
        until(() -> rig.count("sluice.pipeline.restarts", "pipeline", "lease-keeper") >= 2);
        rig.journal.recover();
        rig.clock.advance(LEASE.minusMillis(1));
        afterARenewal();
        rig.clock.advance(LEASE.minusMillis(1));
        assertThat(lost).isEmpty();
        assertThat(claim(0)).isEmpty();
    }

    @Test
    void aRenewalThatThrowsIsRepeatedLikeAnyOther() {
        held.addAll(claim(1));
        rig.journal.throwFrom(Verb.RENEW, new IllegalArgumentException("planted"));
        rig.keeper.start(holdings);
        until(() -> rig.count("sluice.pipeline.restarts", "pipeline", "lease-keeper") >= 2);
        rig.journal.recover();
        rig.clock.advance(LEASE.minusMillis(1));
        afterARenewal();
        rig.clock.advance(LEASE.minusMillis(1));
        assertThat(lost).isEmpty();
        assertThat(claim(0)).isEmpty();
    }

    @Test
    void aMistakeOfWhoeverHoldsTheJobsIsNotTheEnd() {
        List<Job> claimed = claim(2);
        held.addAll(claimed);
        AtomicInteger mistakes = new AtomicInteger();
        rig.keeper.start(new LeaseKeeper.Holdings() {
            @Override
            public Collection<Job> held() {
                if (mistakes.incrementAndGet() <= 2) {
                    throw new IllegalStateException("planted");
                }
                return held;
            }

            @Override
            public void lost(Job job) {
                lost.add(job);
                throw new IllegalStateException("planted");
            }
        });
        claimed.forEach(job -> rig.journal.cancel(job.id()).block(LIMIT));
        until(() -> lost.size() >= 4);
        assertThat(lost).containsAll(claimed);
    }

    /** For as long as it is away, because nobody can say then that they are lost. */
    @Test
    void whatIsHeldIsNotGivenUpWhileTheJournalIsAway() {
        held.addAll(claim(1));
        rig.journal.fail(Verb.RENEW);
        rig.keeper.start(holdings);
        until(() -> rig.count("sluice.queue.journal.errors", "verb", "renew") >= 3);
        rig.clock.advance(LEASE.plusMillis(1));
        until(() -> rig.count("sluice.queue.journal.errors", "verb", "renew") >= 6);
        assertThat(lost).isEmpty();
        rig.journal.recover();
        until(() -> lost.equals(held));
    }

    @Test
    void afterStoppingNothingIsRenewed() {
        held.addAll(claim(1));
        rig.keeper.start(holdings);
        afterARenewal();
        rig.keeper.stop();
        int before = rig.journal.tries(Verb.RENEW);
        rig.keeper.check();
        rig.scheduler.schedule(() -> lost.add(held.get(0))); // behind the check, on the same thread
        until(() -> !lost.isEmpty());
        assertThat(rig.journal.tries(Verb.RENEW)).isEqualTo(before);
    }

    private List<Job> claim(int jobs) {
        for (int i = 0; i < jobs; i++) {
            rig.accepted("reports");
        }
        return rig.journal
                .claim(Map.of("reports", Journal.Demand.of(10)), LEASE)
                .block(LIMIT)
                .jobs();
    }

    /** Waits until a renewal that began from now on was answered: the one before the last has been. */
    private void afterARenewal() {
        int before = rig.journal.tries(Verb.RENEW);
        until(() -> rig.journal.tries(Verb.RENEW) >= before + 2);
    }
}
