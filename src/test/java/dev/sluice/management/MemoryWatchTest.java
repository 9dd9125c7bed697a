package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class MemoryWatchTest {

    private final LoggerContext context = new LoggerContext();
    private final Logger log = context.getLogger("somebody");
    private final CountDownLatch ended = new CountDownLatch(1);

    private final MemoryWatch watch = new MemoryWatch(ended::countDown);

    @BeforeEach
    void watch() {
        context.addTurboFilter(watch);
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void whoeverLogsSuchAnErrorEndsTheProcess() throws Exception {
        log.warn("A task raised an exception. Task: {}", "task", new OutOfMemoryError("planted"));
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void alsoAsTheCauseOfAnotherAndWhereNothingIsWritten() throws Exception {
        log.trace("dropped", new IllegalStateException(new OutOfMemoryError("planted")));
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    }

    /** Whether or not there is memory to log it. */
    @Test
    void soDoesAThreadThatEndsByOne() throws Exception {
        watch.ended(Thread.currentThread(), new OutOfMemoryError("planted"));
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void noOtherErrorDoes() {
        log.error("failed", new IllegalStateException("no memory"));
        log.error("failed {} {}", 1, new StackOverflowError());
        assertThat(ended.getCount()).isEqualTo(1);
    }
}
