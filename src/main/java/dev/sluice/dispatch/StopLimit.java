package dev.sluice.dispatch;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextClosedEvent;

/**
 * Halts the process if it was asked to stop and has not ended some time after the grace, whatever hangs: a disk, a database, a
 * library. What was acknowledged is durable by then, and jobs that could not be requeued are recovered as after a crash.
 */
final class StopLimit implements ApplicationListener<ContextClosedEvent> {

    /** Time that the shutdown may take beyond the grace. */
    static final Duration AFTERWARDS = Duration.ofMillis(4500);

    private static final Logger LOG = LoggerFactory.getLogger(StopLimit.class);
    private static final long WORDS_MILLIS = 200;
    private static final int TERMINATED = 128 + 15; // as Java itself exits after SIGTERM

    private final ApplicationContext context;
    private final Duration limit;

    /**
     * Watches the shutdown of a context.
     *
     * @param limit time that it may take, grace included
     */
    StopLimit(ApplicationContext context, Duration limit) {
        this.context = context;
        this.limit = limit;
    }

    @Override
    public void onApplicationEvent(ContextClosedEvent closed) {
        if (closed.getApplicationContext().equals(context) && isProcessStopping()) {
            daemon(this::halt).start();
        }
    }

    /** Whether the whole process stops; a context that closes within a running process has no limit. */
    private static boolean isProcessStopping() {
        Thread hook = new Thread(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            Runtime.getRuntime().removeShutdownHook(hook);
            return false;
        } catch (IllegalStateException stopping) {
            return true;
        }
    }

    private void halt() {
        try {
            new CountDownLatch(1).await(limit.toMillis(), TimeUnit.MILLISECONDS);
            Thread words = daemon(() -> LOG.error("The stop hangs and is ended after {} ms", limit.toMillis()));
            words.start();
            words.join(WORDS_MILLIS); // the log may be what hangs
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(TERMINATED);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "sluice-stop-limit");
        thread.setDaemon(true);
        return thread;
    }
}
