package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.waiting.WaitingBytes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

class TurnsTest {

    private final Turns turns = new Turns(2);
    private final List<String> begun = new ArrayList<>();
    private final ScriptedJournal journal = new ScriptedJournal();

    private Reader.Source source() {
        return new Reader.Source(
                journal.journal(),
                turns,
                EventsProperties::farewell,
                EventsProperties::farewell,
                256,
                new WaitingBytes(Long.MAX_VALUE, System::nanoTime, Runnable::run),
                () -> 0,
                reader -> {});
    }

    @Test
    void soManyAtOnceInTheOrderTheyCame() {
        for (String each : List.of("a", "b", "c", "d")) {
            turns.take(() -> begun.add(each));
        }
        assertThat(begun).containsExactly("a", "b");
        turns.end();
        turns.end();
        assertThat(begun).containsExactly("a", "b", "c", "d");
        assertThat(turns.waiting()).isZero();
    }

    @Test
    void whatIsForgottenIsNotKept() {
        turns.take(() -> begun.add("a"));
        turns.take(() -> begun.add("b"));
        Runnable gone = () -> begun.add("gone");
        turns.take(gone);
        turns.take(() -> begun.add("c"));
        turns.forget(gone);
        assertThat(turns.waiting()).isEqualTo(1);
        turns.end();
        assertThat(begun).containsExactly("a", "b", "c");
    }

    /** Its turn has begun, but the journal has not answered yet. */
    @Test
    void aReaderThatLeavesAsItsTurnBeginsEndsIt() {
        JobId job = new JobIds(Clock.systemUTC()).next();
        Reader reader = new Reader(job, 0, new JobJson("/jobs"), source(), Operators.emptySubscriber());
        for (int i = 0; i < 3; i++) {
            History history = new History(reader, turns);
            history.read(Flux.from(subscriber -> {
                history.dispose();
                Flux.<JobEvent>never().subscribe(subscriber);
            }));
        }
        turns.take(() -> begun.add("next"));
        assertThat(begun).containsExactly("next");
    }

    /** As when a database hangs, and clients come back again and again. */
    @Test
    void readersThatLeaveWhileOthersHangAreNotKept() {
        turns.take(() -> {});
        turns.take(() -> {});
        JobId job = new JobIds(Clock.systemUTC()).next();
        for (int i = 0; i < 1000; i++) {
            Reader reader = new Reader(job, 0, new JobJson("/jobs"), source(), Operators.emptySubscriber());
            reader.start();
            assertThat(turns.waiting()).isEqualTo(1);
            reader.cancel();
        }
        assertThat(turns.waiting()).isZero();
        assertThat(journal.histories).isZero();
    }
}
