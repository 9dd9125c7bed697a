package dev.sluice.loadtest.scenario;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** A load that goes on while the scenario does something else. It is interrupted if that ends first. */
final class Background implements AutoCloseable {

    private final FutureTask<Void> task;
    private final Thread thread;

    /** What is done. */
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    private Background(Work work) {
        task = new FutureTask<>(() -> {
            work.run();
            return null;
        });
        thread = new Thread(task, "load");
        thread.setDaemon(true);
    }

    static Background of(Work work) {
        Background background = new Background(work);
        background.thread.start();
        return background;
    }

    boolean running() {
        return !task.isDone();
    }

    /** Waits for its end; throws what it has thrown. */
    void join() throws Exception {
        try {
            task.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
