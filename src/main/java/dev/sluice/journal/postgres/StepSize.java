package dev.sluice.journal.postgres;

import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import reactor.core.publisher.Mono;

/**
 * How much one step of a long work takes on: a quarter after a step that took longer than a statement may, down to one, and
 * little by little more after steps that did not. So what is too much for one statement is never tried twice in the same
 * way. For any thread.
 */
final class StepSize {

    private static final int GROWTH = 64;

    private final int most;
    private volatile int size;

    StepSize(int most) {
        this.most = most;
        this.size = most;
    }

    int get() {
        return size;
    }

    /** Makes steps until one finds nothing more to do; completes with how much was done. */
    Mono<Long> steps(IntFunction<Mono<Long>> step) {
        Mono<Long> next = Mono.defer(() -> step(size, step));
        return next.expand(done -> done == 0 ? Mono.empty() : next).reduce(0L, Long::sum);
    }

    private Mono<Long> step(int tried, IntFunction<Mono<Long>> step) {
        return step.apply(tried)
                .doOnSuccess(done -> grow())
                .onErrorResume(error -> tried > 1 && isTooMuch(error), error -> {
                    size = Math.min(size, Math.max(1, tried / 4));
                    return step(size, step);
                });
    }

    private void grow() {
        size = Math.min(most, size + Math.max(1, most / GROWTH));
    }

    private static boolean isTooMuch(Throwable error) {
        return "57014".equals(Faults.state(error)) || error instanceof TimeoutException;
    }
}
