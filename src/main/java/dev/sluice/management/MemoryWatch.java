package dev.sluice.management;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/**
 * Ends the process when an {@link OutOfMemoryError} is logged anywhere. Such an error leaves an event loop, a pipeline or a
 * connection in an undefined state, and code that catches it can do no better than log it. Nothing that was acknowledged is
 * lost: the journal survives the end of the process at any moment.
 */
final class MemoryWatch extends TurboFilter {

    /** As {@code -XX:+ExitOnOutOfMemoryError}. */
    static final int STATUS = 3;

    private static final int DEEPEST = 10;

    private final CountDownLatch exhausted = new CountDownLatch(1);
    private final Runnable end;
    private final Thread thread;

    /**
     * Creates a watch with a thread of its own, because it may be impossible to start one later.
     *
     * @param end ends the process
     */
    MemoryWatch(Runnable end) {
        this.end = end;
        thread = new Thread(this::await, "sluice-memory-watch");
        thread.setDaemon(true);
        thread.start();
    }

    /** Installs a watch on the log of this process, and logs errors that end threads. */
    static MemoryWatch begin() {
        MemoryWatch watch = new MemoryWatch(() -> Runtime.getRuntime().halt(STATUS));
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.addTurboFilter(watch);
        }
        if (Thread.getDefaultUncaughtExceptionHandler() == null) {
            Thread.setDefaultUncaughtExceptionHandler(watch::ended);
        }
        return watch;
    }

    /** Checks the error before it logs it, since there may be no memory left for logging. */
    void ended(Thread thread, Throwable error) {
        if (isOutOfMemory(error)) {
            exhausted.countDown();
        }
        LoggerFactory.getLogger(MemoryWatch.class).error("Thread {} ended", thread.getName(), error);
    }

    /** Watches no more. */
    void leave() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.getTurboFilterList().remove(this);
        }
        thread.interrupt();
    }

    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object @Nullable [] params,
            @Nullable Throwable error) {
        Throwable told = error;
        if (told == null
                && params != null
                && params.length > 0
                && params[params.length - 1] instanceof Throwable last) {
            told = last;
        }
        if (told != null && isOutOfMemory(told)) {
            exhausted.countDown();
        }
        return FilterReply.NEUTRAL;
    }

    private static boolean isOutOfMemory(Throwable error) {
        Throwable cause = error;
        for (int i = 0; cause != null && i < DEEPEST; i++) {
            if (cause instanceof OutOfMemoryError) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    private void await() {
        try {
            exhausted.await();
        } catch (InterruptedException e) {
            return;
        }
        try {
            LoggerFactory.getLogger(MemoryWatch.class)
                    .error("Out of memory: this process ends, to be started again; nothing that was accepted is lost");
        } finally {
            end.run();
        }
    }
}
