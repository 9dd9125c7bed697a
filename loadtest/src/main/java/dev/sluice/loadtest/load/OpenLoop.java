package dev.sluice.loadtest.load;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongPredicate;
import reactor.core.publisher.Mono;

/**
 * Begins something at a steady rate, whether or not what it began before has ended, and tells each when it was due. Latencies
 * taken from that time are free of coordinated omission: a server that stands still is not spared the requests that would have
 * come meanwhile, also where the load itself was late. The thread of the caller keeps the rhythm.
 */
public final class OpenLoop {

    private static final Duration LONGEST_END = Duration.ofMinutes(6);

    private final double rate;
    private final int mostUnderWay;
    private final Duration longestEnd;

    /** What is begun. */
    @FunctionalInterface
    public interface Step {

        /**
         * Begins one; must not block. What it records belongs before its end ({@code doOnTerminate}, not {@code doFinally}):
         * the loop is over as soon as all have ended.
         *
         * @param number counted from 0
         * @param due when it was due, by {@link System#nanoTime}
         */
        Mono<?> begin(long number, long due);
    }

    /**
     * A loop.
     *
     * @param rate a second
     * @param mostUnderWay beyond it the loop waits; what it begins late still counts from when it was due
     */
    public OpenLoop(double rate, int mostUnderWay) {
        this(rate, mostUnderWay, LONGEST_END);
    }

    /**
     * The same that waits for another time than usual for the end of the last ones.
     */
    public OpenLoop(double rate, int mostUnderWay, Duration longestEnd) {
        this.rate = rate;
        this.mostUnderWay = mostUnderWay;
        this.longestEnd = longestEnd;
    }

    /**
     * Begins so many and waits for the end of all of them. An error of a step ends the loop.
     *
     * @throws TimeoutException if one does not end within the longest time after the last was begun
     */
    public void run(long count, Step step) throws InterruptedException, TimeoutException {
        run(number -> number < count, step);
    }

    /** Begins as many as come due in a time. */
    public void runFor(Duration time, Step step) throws InterruptedException, TimeoutException {
        run(Math.max(1, (long) (time.toNanos() / 1e9 * rate)), step);
    }

    /** Begins no more after a time, also if not all that were due in it have begun: to warm up, and not to measure. */
    public void runAtMost(Duration time, Step step) throws InterruptedException, TimeoutException {
        long begun = System.nanoTime();
        run(number -> System.nanoTime() - begun < time.toNanos(), step);
    }

    /** Begins one after the other as long as it is asked to, and waits for the end of all of them. */
    public void run(LongPredicate more, Step step) throws InterruptedException, TimeoutException {
        Semaphore free = new Semaphore(mostUnderWay);
        FirstError error = new FirstError();
        long begun = System.nanoTime();
        for (long number = 0; more.test(number) && error.none(); number++) {
            long due = begun + (long) (number * 1e9 / rate);
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            free.acquire();
            step.begin(number, due).doFinally(signal -> free.release()).subscribe(value -> {}, error::set);
        }
        if (!free.tryAcquire(mostUnderWay, longestEnd.toSeconds(), TimeUnit.SECONDS)) {
            throw new TimeoutException(
                    mostUnderWay - free.availablePermits() + " have not ended after " + longestEnd.toSeconds() + " s");
        }
        error.rethrow();
    }
}
