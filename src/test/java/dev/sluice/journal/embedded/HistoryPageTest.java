package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobState;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Journal;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** A page of a history ends where the job did when the page was begun, whatever is recorded while it is read. */
class HistoryPageTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final MutableClock clock = new MutableClock();
    private final TendGroupsTest.UnreadableStores stores = new TendGroupsTest.UnreadableStores();
    private final Journal journal = new EmbeddedJournal(
            stores,
            new JournalClock(clock, clock::nanos),
            clock::leaseNanos,
            FollowUps.NONE,
            new SimpleMeterRegistry());
    private final JobId id = new JobIds(clock).next();

    @AfterEach
    void close() {
        journal.close();
    }

    private List<JobEvent> history(long after) {
        return journal.history(id, after).collectList().block(LIMIT);
    }

    private void append() {
        journal.append(new Draft(id, clock.instant()).route("reports").job(), Flux.empty())
                .block(LIMIT);
    }

    private Job claim() {
        return journal.claim(Map.of("reports", WorkQueue.Demand.of(1)), LIMIT)
                .block(LIMIT)
                .jobs()
                .get(0);
    }

    @Test
    void theEndOfAJobThatRunsIsToldOnceAndAsItWas() {
        append();
        claim();
        stores.main.beforeEvents(() -> journal.cancel(id).toFuture().join());
        assertThat(history(0)).extracting(JobEvent::name).containsExactly("accepted", "started");
        assertTold(2);
    }

    @Test
    void theEndOfAJobThatWaitsIsToldOnceAndAsItWas() {
        append();
        stores.main.beforeEvents(() -> journal.cancel(id).toFuture().join());
        assertThat(history(0)).extracting(JobEvent::name).containsExactly("accepted");
        assertTold(1);
    }

    private void assertTold(long after) {
        assertThat(history(after)).singleElement().isInstanceOfSatisfying(JobEvent.Finished.class, end -> {
            assertThat(end.seq()).isEqualTo(after + 1);
            assertThat(end.outcome().state()).isEqualTo(JobState.CANCELLED);
        });
    }

    @Test
    void aJobThatIsErasedMeanwhileHasNoHistory() {
        append();
        claim();
        journal.cancel(id).block(LIMIT);
        stores.main.beforeEvents(() -> journal.forget(id).toFuture().join());
        assertThat(history(0)).extracting(JobEvent::name).containsExactly("accepted");
        assertThat(history(0)).isEmpty();
    }
}
