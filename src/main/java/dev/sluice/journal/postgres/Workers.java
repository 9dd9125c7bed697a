package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * The threads on which the adapter blocks on the database. Submitting never blocks, not even on a lock; waiting tasks
 * are bounded in number and in time. A task cancelled before its turn is not started; one cancelled later completes
 * silently.
 */
final class Workers implements AutoCloseable {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    private final LinkedTransferQueue<Runnable> queue = new LinkedTransferQueue<>(); // bounded by a counter
    private final AtomicInteger waiting = new AtomicInteger();
    private final ThreadPoolExecutor threads;
    private final Duration timeout;
    private final int most;
    private final Disposable watch;

    /**
     * Starts the threads.
     *
     * @param most the most waiting tasks
     * @param timeout the longest wait of a task
     */
    Workers(String name, int count, int most, Duration timeout) {
        this.most = most;
        this.timeout = timeout;
        threads = new ThreadPoolExecutor(count, count, 0, TimeUnit.SECONDS, queue, named(name));
        threads.prestartAllCoreThreads(); // starting one takes a lock
        long period = Math.max(1, timeout.toMillis() / 10);
        watch = Schedulers.parallel().schedulePeriodically(this::expire, period, period, TimeUnit.MILLISECONDS);
    }

    /** Creates daemon threads with this name prefix. */
    static java.util.concurrent.ThreadFactory named(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Runs a task on one of these threads, once per subscription; empty if it returns null. */
    <T> Mono<T> run(Callable<@Nullable T> work) {
        return Mono.create(sink -> {
            if (waiting.incrementAndGet() > most) {
                waiting.decrementAndGet();
                sink.error(new JournalOverloadedException());
                return;
            }
            Task<T> task = new Task<>(work, sink);
            sink.onCancel(task::giveUp);
            try {
                threads.execute(task);
            } catch (RejectedExecutionException e) {
                waiting.decrementAndGet();
                sink.error(new IllegalStateException("the journal is closed", e));
            }
        });
    }

    /**
     * As {@link #run}, retried while the database is unavailable, for {@code timeout} at most: for idempotent tasks in
     * the middle of something that cannot be restarted.
     */
    <T> Mono<T> patiently(Callable<@Nullable T> work) {
        return Mono.defer(() -> {
            long begin = System.nanoTime();
            return this.<T>run(work)
                    .retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_PAUSE)
                            .maxBackoff(LONGEST_PAUSE)
                            .filter(error -> Faults.kind(error) != Faults.Kind.MISTAKE
                                    && System.nanoTime() - begin < timeout.toNanos()));
        });
    }

    private void expire() {
        long now = System.nanoTime();
        for (Runnable next = queue.peek();
                next instanceof Task<?> task && now - task.since > timeout.toNanos();
                next = queue.peek()) {
            if (queue.remove(task)) {
                task.late();
            }
        }
    }

    /** Fails the tasks that have not started. */
    @Override
    public void close() {
        watch.dispose();
        for (Runnable left : threads.shutdownNow()) {
            if (left instanceof Task<?> task) {
                task.refuse(new IllegalStateException("the journal is closed"));
            }
        }
    }

    private final class Task<T> implements Runnable {

        private final Callable<@Nullable T> work;
        private final MonoSink<T> sink;
        private final long since = System.nanoTime();
        private volatile boolean givenUp;

        Task(Callable<@Nullable T> work, MonoSink<T> sink) {
            this.work = work;
            this.sink = sink;
        }

        void giveUp() {
            givenUp = true;
        }

        void late() {
            refuse(new JournalUnavailableException(
                    "no connection to the database within sluice.journal.postgres.timeout", null));
        }

        void refuse(RuntimeException error) {
            waiting.decrementAndGet();
            sink.error(error);
        }

        @Override
        public void run() {
            waiting.decrementAndGet();
            if (givenUp) {
                return;
            }
            T done;
            try {
                done = work.call();
            } catch (Exception | LinkageError e) {
                sink.error(e);
                return;
            }
            if (done == null) {
                sink.success();
            } else {
                sink.success(done);
            }
        }
    }
}
