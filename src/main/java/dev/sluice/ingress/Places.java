package dev.sluice.ingress;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * Places for exchanges of one kind, which bound how many of them are under way on this node. An exchange without a place is
 * answered before anything is done for it. For any thread.
 */
final class Places {

    private final int most;
    private final AtomicInteger taken = new AtomicInteger();

    Places(int most) {
        this.most = most;
    }

    /** Runs an exchange in a place of its own until it ends, or the other one if all are taken. */
    <T> Mono<T> with(Supplier<Mono<T>> exchange, Supplier<Mono<T>> otherwise) {
        return with(exchange, Runnable::run, otherwise);
    }

    /**
     * As the other one.
     *
     * @param end given, at the end of the exchange, the task that leaves the place, and runs it then or when all is sent
     */
    <T> Mono<T> with(Supplier<Mono<T>> exchange, Consumer<Runnable> end, Supplier<Mono<T>> otherwise) {
        return Mono.defer(() -> tryEnter()
                ? Mono.defer(exchange).doFinally(signal -> end.accept(taken::decrementAndGet))
                : otherwise.get());
    }

    private boolean tryEnter() {
        int before = taken.get();
        while (before < most) {
            int now = taken.compareAndExchange(before, before + 1);
            if (now == before) {
                return true;
            }
            before = now;
        }
        return false;
    }

    /** How many are taken. */
    int taken() {
        return taken.get();
    }
}
