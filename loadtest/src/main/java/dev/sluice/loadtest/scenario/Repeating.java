package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Latencies;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Does the same over and over in several threads until it is told to stop. */
final class Repeating implements AutoCloseable {

    private final List<Background> threads = new ArrayList<>();
    private final LongAdder done = new LongAdder();
    private final Latencies latencies = new Latencies();
    private volatile boolean over;

    /** Begins to; what the task throws ends its thread and is thrown by {@link #finish}. */
    Repeating(int times, Background.Work task) {
        for (int i = 0; i < times; i++) {
            threads.add(Background.of(() -> {
                while (!over) {
                    long begun = System.nanoTime();
                    task.run();
                    latencies.recordNanos(System.nanoTime() - begun);
                    done.increment();
                }
            }));
        }
    }

    /** Waits for the end of those under way; no more are begun. */
    void finish() throws Exception {
        over = true;
        for (Background thread : threads) {
            thread.join();
        }
    }

    /** How often it was done. */
    long done() {
        return done.sum();
    }

    /** How long each took. */
    Latencies latencies() {
        return latencies;
    }

    @Override
    public void close() {
        over = true;
        threads.forEach(Background::close);
    }
}
