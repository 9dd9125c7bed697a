package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
        EmbeddedChannel channel = new EmbeddedChannel(); // whose loop runs tasks when it is told to
        EventLoopWatch embedded =
                new EventLoopWatch(() -> List.of(channel.eventLoop()), told::add, Schedulers.immediate());
        for (int i = 0; i < EventLoopWatch.UNANSWERED; i++) {
            embedded.look();
            assertThat(told).isEmpty();
        }
        embedded.look();
        assertThat(told).containsExactly(LivenessState.BROKEN);
        channel.runPendingTasks();
        embedded.look();
        assertThat(told).containsExactly(LivenessState.BROKEN, LivenessState.CORRECT);
    }
}
