package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.DefaultEventExecutorGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.availability.LivenessState;
import reactor.core.scheduler.Schedulers;

class EventLoopWatchTest {

    private final DefaultEventExecutorGroup loops = new DefaultEventExecutorGroup(1);
    private final List<LivenessState> told = new ArrayList<>();
    private final EventLoopWatch watch = new EventLoopWatch(() -> loops, told::add, Schedulers.immediate());

    @AfterEach
    void stop() {
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    @Test
    void oneThatHasEndedIsTold() {
        watch.look();
        assertThat(told).isEmpty();
        loops.iterator().next().shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        watch.look();
        watch.look();
        assertThat(told).containsExactly(LivenessState.BROKEN);
    }

    @Test
    void oneThatDoesNothingIsToldAndThatItWorksAgain() {
        CountDownLatch stuck = new CountDownLatch(1);
        loops.iterator().next().execute(() -> {
            try {
                stuck.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        for (int i = 0; i < EventLoopWatch.UNANSWERED; i++) {
            watch.look();
            assertThat(told).isEmpty();
        }
        watch.look();
        assertThat(told).containsExactly(LivenessState.BROKEN);
        stuck.countDown();
        Awaitility.await().until(() -> {
            watch.look();
            return told.size() == 2;
        });
        assertThat(told).containsExactly(LivenessState.BROKEN, LivenessState.CORRECT);
    }
}
