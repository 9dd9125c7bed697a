package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import dev.sluice.waiting.WaitingBytes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

class AsyncSemaphoreTest {

    private final AsyncSemaphore permits = new AsyncSemaphore(2);
    private final List<String> begun = new ArrayList<>();
    private final ScriptedJournal journal = new ScriptedJournal();

    private FrameSubscription.Source source() {
        return new FrameSubscription.Source(
                permits,
                EventsProperties::farewell,
                EventsProperties::farewell,
                new WaitingBytes(Long.MAX_VALUE, System::nanoTime, Runnable::run),
                () -> 0,
                reader -> {});
    }

    private EventStreamSubscription reader(JobId job) {
        return new EventStreamSubscription(
                job,
                0,
                journal.journal(),
                new JobJson(new JobLinks("/jobs")),
                256,
                null,
                source(),
                Operators.emptySubscriber());
    }

    @Test
    void grantsPermitsInOrder() {
        for (String each : List.of("a", "b", "c", "d")) {
            permits.acquire(() -> begun.add(each));
        }
        assertThat(begun).containsExactly("a", "b");
        permits.release();
        permits.release();
        assertThat(begun).containsExactly("a", "b", "c", "d");
        assertThat(permits.waiting()).isZero();
    }

    @Test
    void keepsNoCancelledWaiter() {
        permits.acquire(() -> begun.add("a"));
        permits.acquire(() -> begun.add("b"));
        Runnable gone = () -> begun.add("gone");
        permits.acquire(gone);
        permits.acquire(() -> begun.add("c"));
        permits.cancel(gone);
        assertThat(permits.waiting()).isEqualTo(1);
        permits.release();
        assertThat(begun).containsExactly("a", "b", "c");
    }

    /** It has its permit, but the journal has not answered yet. */
    @Test
    void aReaderThatLeavesAsItGetsAPermitReleasesIt() {
        JobId job = new JobIds(Clock.systemUTC()).next();
        EventStreamSubscription reader = reader(job);
        for (int i = 0; i < 3; i++) {
            HistorySubscriber<JobEvent> history = new HistorySubscriber<>(reader, permits);
            history.read(Flux.from(subscriber -> {
                history.dispose();
                Flux.<JobEvent>never().subscribe(subscriber);
            }));
        }
        permits.acquire(() -> begun.add("next"));
        assertThat(begun).containsExactly("next");
    }

    /** As when a database hangs, and clients come back again and again. */
    @Test
    void keepsNoReaderThatLeavesWhileOthersHang() {
        permits.acquire(() -> {});
        permits.acquire(() -> {});
        JobId job = new JobIds(Clock.systemUTC()).next();
        for (int i = 0; i < 1000; i++) {
            EventStreamSubscription reader = reader(job);
            reader.start();
            assertThat(permits.waiting()).isEqualTo(1);
            reader.cancel();
        }
        assertThat(permits.waiting()).isZero();
        assertThat(journal.histories).isZero();
    }
}
