package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

class JobEventMulticasterTest {

    private static final JobIds IDS = new JobIds(Clock.systemUTC());

    private final ScriptedJournal journal = new ScriptedJournal();
    private final JobEventMulticaster multicaster = new JobEventMulticaster(
            journal.journal(),
            new JobJson(new JobLinks("/jobs")),
            new EventsMeters(new SimpleMeterRegistry()),
            Schedulers.immediate());

    private final EventHandOver handOver = new EventHandOver(new JobJson(new JobLinks("/jobs")));

    private record Knowing(JobId job, long knownSeq) implements JobListener {

        @Override
        public void onEvent(JobEvent event, SseFrame frame) {}

        @Override
        public void catchUp() {}

        @Override
        public void disconnect() {}
    }

    @Test
    void aJobIsComparedByTheLowestNumberItsListenersKnow() {
        JobId job = IDS.next();
        JobId looked = IDS.next();
        multicaster.add(new Knowing(job, 5));
        multicaster.add(new Knowing(job, 3));
        multicaster.add(new Knowing(job, JobListener.CATCHING_UP));
        multicaster.add(new Knowing(looked, JobListener.CATCHING_UP));
        assertThat(multicaster.followed()).containsExactly(entry(job, 3L));
        assertThat(multicaster.follows(job)).isTrue();
        assertThat(multicaster.follows(looked)).isTrue();
    }

    @Test
    void wantsNoEventsWithoutAListener() {
        JobId job = IDS.next();
        JobListener listener = new Knowing(job, 1);
        assertThat(multicaster.follows(job)).isFalse();
        multicaster.add(listener);
        multicaster.remove(listener);
        assertThat(multicaster.follows(job)).isFalse();
        assertThat(multicaster.followed()).isEmpty();
    }

    /** Runs what it is given when the test says so. */
    private static final class Loop implements Executor {

        final Queue<Runnable> tasks = new ArrayDeque<>();

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        void run() {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
        }
    }

    private static class Hearing implements JobListener {

        final List<Long> heard = new ArrayList<>();
        private final JobId job;
        private final @Nullable Executor executor;

        Hearing(JobId job, @Nullable Executor executor) {
            this.job = job;
            this.executor = executor;
        }

        @Override
        public JobId job() {
            return job;
        }

        @Override
        public @Nullable Executor executor() {
            return executor;
        }

        @Override
        public long knownSeq() {
            return CATCHING_UP;
        }

        @Override
        public void onEvent(JobEvent event, SseFrame frame) {
            heard.add(event.seq());
        }

        @Override
        public void catchUp() {}

        @Override
        public void disconnect() {}
    }

    @Test
    void anEventIsHandedOverOnceToEachEventLoop() {
        JobId job = IDS.next();
        Loop one = new Loop();
        Loop other = new Loop();
        List<Hearing> listeners = Stream.of(one, one, one, other, null)
                .map(loop -> new Hearing(job, loop))
                .toList();
        listeners.forEach(multicaster::add);
        multicaster.start();
        journal.accept(job);
        journal.start(job);
        assertThat(one.tasks).as("one for each event").hasSize(2);
        assertThat(other.tasks).hasSize(2);
        assertThat(listeners.get(4).heard).containsExactly(1L, 2L);
        assertThat(listeners.get(0).heard).isEmpty();
        one.run();
        other.run();
        assertThat(listeners).allSatisfy(listener -> assertThat(listener.heard).containsExactly(1L, 2L));
        multicaster.stop();
    }

    /** What is under way to an event loop that stands still is bounded; the rest is the tail's, which is bounded too. */
    @Test
    void anEventLoopThatStandsStillIsHandedNoMoreThanItMayHave() {
        JobId job = IDS.next();
        Loop loop = new Loop();
        Hearing listener = new Hearing(job, loop);
        multicaster.add(listener);
        multicaster.start();
        journal.accept(job);
        journal.start(job);
        for (int i = 0; i < 998; i++) {
            journal.emit(job, "piece");
        }
        assertThat(loop.tasks).hasSize(256);
        loop.run();
        assertThat(listener.heard).hasSize(1_000).isSorted();
        multicaster.stop();
    }

    /** Else each event that it fails for would be under way for ever, and with the last of 256 no reader would be told anything. */
    @Test
    void aListenerThatFailsHoldsNobodyUp() {
        JobId job = IDS.next();
        Executor forgiving = task -> assertThatThrownBy(task::run).hasMessage("planted");
        Hearing listener = new Hearing(job, null);
        multicaster.add(listener);
        multicaster.add(new Hearing(job, forgiving) {
            @Override
            public void onEvent(JobEvent event, SseFrame frame) {
                throw new IllegalStateException("planted");
            }
        });
        multicaster.start();
        journal.accept(job);
        journal.start(job);
        for (int i = 0; i < 998; i++) {
            journal.emit(job, "piece");
        }
        assertThat(listener.heard).hasSize(1_000);
        multicaster.stop();
    }

    /** Begins with a job that nobody listens to. */
    private JobId started() {
        JobId job = IDS.next();
        multicaster.start();
        journal.accept(job);
        journal.start(job);
        return job;
    }

    /** Else, if an event whose listener has left were under way for ever, nobody would be told more after the 256th. */
    private void isToldEverything(JobId job) {
        Hearing listener = new Hearing(job, null);
        multicaster.add(listener);
        emit(job, 1_000);
        assertThat(listener.heard).hasSize(1_000).isSorted();
        multicaster.stop();
    }

    private void emit(JobId job, int times) {
        for (int i = 0; i < times; i++) {
            journal.emit(job, "piece");
        }
    }

    @Test
    void whoLeavesBeforeAnEventIsHandedOverHoldsNobodyUp() {
        JobId job = started();
        Loop loop = new Loop();
        Hearing leaving = new Hearing(job, loop);
        journal.beforeTelling = () -> multicaster.remove(leaving);
        for (int i = 0; i < 300; i++) {
            multicaster.add(leaving);
            emit(job, 1);
        }
        journal.beforeTelling = () -> {};
        assertThat(loop.tasks).isEmpty();
        isToldEverything(job);
    }

    /** The tail has found the job's listeners, and the last of them leaves before the first is looked at. */
    @Test
    void anEventWhoseListenersAreLeavingMeanwhileIsDelivered() {
        JobId job = IDS.next();
        JobEvent event = new JobEvent.Started(job, "reports", 2, ScriptedJournal.NOW, 1);
        Hearing leaving = new Hearing(job, Runnable::run);
        LoopListeners[] found = byExecutor(List.of(leaving));
        assertThat(LoopListeners.without(found, leaving)).isNull();
        List<String> delivered = new ArrayList<>();
        handOver.handOver(event, found, () -> delivered.add("to nobody"));
        assertThat(delivered).containsExactly("to nobody");
        assertThat(leaving.heard).isEmpty();
    }

    /** As the multicaster keeps them. */
    private static LoopListeners[] byExecutor(List<Hearing> listeners) {
        LoopListeners[] all = null;
        for (Hearing listener : listeners) {
            all = LoopListeners.with(all, Objects.requireNonNull(listener.executor()), listener);
        }
        return Objects.requireNonNull(all);
    }

    @Test
    void theExecutorOfALastListenerGoesWithIt() {
        JobId job = IDS.next();
        Loop one = new Loop();
        Loop other = new Loop();
        Hearing last = new Hearing(job, one);
        LoopListeners[] all = byExecutor(List.of(last, new Hearing(job, other), new Hearing(job, other)));
        assertThat(all).extracting(LoopListeners::executor).containsExactly(one, other);
        assertThat(LoopListeners.without(all, last))
                .extracting(LoopListeners::executor)
                .containsExactly(other);
        assertThat(LoopListeners.without(all, new Hearing(job, one)))
                .as("one that is not there")
                .isSameAs(all);
    }

    @Test
    void whoLeavesAfterAnEventWasHandedOverHoldsNobodyUp() {
        JobId job = started();
        Loop loop = new Loop();
        Hearing leaving = new Hearing(job, loop);
        for (int i = 0; i < 300; i++) {
            multicaster.add(leaving);
            emit(job, 1);
            assertThat(loop.tasks).hasSize(1);
            multicaster.remove(leaving);
            loop.run();
        }
        isToldEverything(job);
    }

    @Test
    void anEventIsDeliveredOnceWhenTheLastEventLoopIsThrough() {
        JobId job = IDS.next();
        Loop one = new Loop();
        Loop other = new Loop();
        JobEvent event = new JobEvent.Started(job, "reports", 2, ScriptedJournal.NOW, 1);
        List<Hearing> listeners =
                Stream.of(one, one, other).map(loop -> new Hearing(job, loop)).toList();
        List<String> delivered = new ArrayList<>();
        handOver.handOver(event, byExecutor(listeners), () -> delivered.add("to all"));
        one.run();
        assertThat(delivered).isEmpty();
        other.run();
        assertThat(delivered).containsExactly("to all");
    }

    @Test
    void aListenerThatFailsTakesNoEventFromThoseOfItsEventLoop() {
        JobId job = IDS.next();
        Loop loop = new Loop();
        JobEvent event = new JobEvent.Started(job, "reports", 2, ScriptedJournal.NOW, 1);
        List<Hearing> listeners = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            listeners.add(new Hearing(job, loop) {
                @Override
                public void onEvent(JobEvent told, SseFrame frame) {
                    super.onEvent(told, frame);
                    throw new IllegalStateException("planted");
                }
            });
        }
        List<String> delivered = new ArrayList<>();
        handOver.handOver(event, byExecutor(listeners), () -> delivered.add("to all"));
        assertThatThrownBy(loop::run).hasMessage("planted");
        assertThat(listeners).allSatisfy(listener -> assertThat(listener.heard).containsExactly(2L));
        assertThat(delivered).containsExactly("to all");
    }
}
