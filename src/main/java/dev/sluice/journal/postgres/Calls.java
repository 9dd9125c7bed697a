package dev.sluice.journal.postgres;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The calls to the journal. Each fails once the journal is closed, and with the errors that the port names instead of those of
 * the database.
 */
final class Calls {

    private final Workers workers;
    private final AtomicBoolean closed = new AtomicBoolean();

    Calls(Workers workers) {
        this.workers = workers;
    }

    /** Fails later calls; false if that was done before. */
    boolean close() {
        return closed.compareAndSet(false, true);
    }

    boolean areClosed() {
        return closed.get();
    }

    /** Runs a task on a worker; empty if it returns null. */
    <T> Mono<T> run(Callable<@Nullable T> work) {
        return call(workers.run(work));
    }

    /** As {@link #run} for an idempotent task, which is run once more if its outcome is unknown. */
    <T> Mono<T> again(Callable<@Nullable T> work) {
        return settled(workers.run(work), workers.patiently(work));
    }

    /**
     * Makes a call whose outcome may be unknown.
     *
     * @param settling subscribed to in that case; continues what may have been done
     */
    <T> Mono<T> settled(Mono<T> call, Mono<T> settling) {
        return call(call.onErrorResume(error -> Faults.kind(error) == Faults.Kind.UNKNOWN, error -> settling));
    }

    <T> Mono<T> call(Mono<T> call) {
        return Mono.defer(() -> areClosed() ? Mono.error(closedError()) : call).onErrorMap(Faults::told);
    }

    /** As {@link #call(Mono)}, of a stream that maps its errors itself. */
    <T> Flux<T> stream(Supplier<Flux<T>> stream) {
        return Flux.defer(() -> areClosed() ? Flux.error(closedError()) : stream.get());
    }

    private static IllegalStateException closedError() {
        return new IllegalStateException("the journal is closed");
    }
}
