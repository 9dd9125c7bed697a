package dev.sluice.journal.memory;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The thread that owns all that is kept. Steps run one after the other, each once a subscription. */
final class StepThread {

    private static final int PIECES_AHEAD = 16;
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(10);

    private final ExecutorService thread;
    private final Scheduler scheduler;
    private final Sinks.Empty<Void> closing = Sinks.empty();
    private volatile boolean closed;

    StepThread(String name) {
        // A scheduled one, as Reactor's own schedulers are, because its queue is one that event loops may hand tasks
        // to;
        // made here, because its orderly end is to be waited for.
        this.thread = Executors.newSingleThreadScheduledExecutor(steps -> {
            Thread made = new Thread(steps, name);
            made.setDaemon(true); // nothing would be lost that is not lost anyway
            return made;
        });
        this.scheduler = Schedulers.fromExecutorService(thread, name);
    }

    /** One step; empty for null. */
    <T> Mono<T> step(Supplier<? extends @Nullable T> what) {
        return Mono.<T>fromSupplier(() -> {
                    if (closed) {
                        throw closedException();
                    }
                    return what.get();
                })
                .subscribeOn(scheduler)
                .onErrorMap(RejectedExecutionException.class, e -> closedException());
    }

    /** Receives a body a few pieces at a time, then makes a step with it; drops it if it comes to nothing. */
    <T> Mono<T> receive(Flux<byte[]> body, Intake intake, Supplier<T> then) {
        Mono<T> last = step(() -> intake.isDropped() ? null : then.get()); // given up when its last piece had just come
        Mono<T> received =
                body.publishOn(scheduler, PIECES_AHEAD).doOnNext(intake::add).then(last);
        return Mono.firstWithSignal(received, closing.asMono().then(Mono.empty()))
                .doOnTerminate(() -> run(intake::drop))
                .doOnCancel(() -> run(intake::drop))
                .onErrorMap(RejectedExecutionException.class, e -> closedException());
    }

    boolean closed() {
        return closed;
    }

    /** Makes the steps that wait, then this one, and refuses what comes later. */
    void close(Runnable last) {
        try {
            thread.execute(() -> {
                closed = true;
                last.run();
                closing.tryEmitError(closedException()).orThrow();
            });
        } catch (RejectedExecutionException e) {
            return; // closed before
        }
        thread.shutdown();
        try {
            if (!thread.awaitTermination(LONGEST_CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the journal did not end within " + LONGEST_CLOSE
                        + ": something that follows one of its verbs blocks its thread");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(Runnable step) {
        try {
            thread.execute(step);
        } catch (RejectedExecutionException e) {
            // Closed: all that is held goes with the journal.
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the journal is closed");
    }
}
