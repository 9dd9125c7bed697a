package dev.sluice.journal;

import dev.sluice.journal.core.SharedState;
import dev.sluice.journal.core.SharedUpdate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Shared values in memory, which can fail or keep a writer waiting; several nodes may use one instance. */
public final class FakeSharedValues implements SharedValues {

    private final SharedState state = new SharedState();
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean held;
    private boolean failing;
    private int writes;

    /** Each write fails from now on, or none does. */
    public synchronized void fail(boolean now) {
        failing = now;
    }

    /** Writes wait until {@link #release}. */
    public synchronized void hold() {
        held = true;
    }

    public void release() {
        List<Runnable> all;
        synchronized (this) {
            held = false;
            all = List.copyOf(waiting);
            waiting.clear();
        }
        all.forEach(Runnable::run);
    }

    /** How many writes were begun. */
    public synchronized int writes() {
        return writes;
    }

    @Override
    public Mono<Void> putShared(String name, byte[] value) {
        return write(SharedUpdate.put(name, value));
    }

    @Override
    public Mono<Void> removeShared(Collection<String> names) {
        return write(SharedUpdate.remove(names));
    }

    @Override
    public Map<String, byte[]> shared() {
        return state.snapshot();
    }

    @Override
    public Flux<Map<String, byte[]>> sharedValues() {
        return state.values(Schedulers.immediate());
    }

    private Mono<Void> write(SharedUpdate update) {
        return Mono.create(sink -> {
            boolean fails;
            synchronized (this) {
                writes++;
                fails = failing;
                if (held) {
                    waiting.add(() -> {
                        state.apply(update);
                        sink.success();
                    });
                    return;
                }
            }
            if (fails) {
                sink.error(new JournalUnavailableException("the test took it away", null));
            } else {
                state.apply(update);
                sink.success();
            }
        });
    }
}
