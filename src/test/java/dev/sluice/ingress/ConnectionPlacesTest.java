package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.connection.ConnectionLimit;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.ConnectionObserver;
import reactor.netty.http.server.HttpServerState;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Who gets a place and who has to give it up. */
class ConnectionPlacesTest {

    private static final int MOST = 40;

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final ConnectionLimit limit = new ConnectionLimit(MOST, () -> time.now(TimeUnit.NANOSECONDS), time);
    private final List<EmbeddedChannel> channels = new ArrayList<>();

    @AfterEach
    void everyPlaceIsGivenBackOnce() {
        channels.forEach(EmbeddedChannel::close);
        assertThat(limit.count()).isZero();
        time.dispose();
    }

    private EmbeddedChannel connect() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channels.add(channel);
        limit.add(channel);
        return channel;
    }

    private EmbeddedChannel ask() {
        EmbeddedChannel channel = connect();
        limit.observe(channel, HttpServerState.REQUEST_RECEIVED);
        return channel;
    }

    private void pass(Duration by) {
        time.advanceTimeBy(by);
        channels.forEach(EmbeddedChannel::runPendingTasks);
    }

    @Test
    void whatIsRefusedTakesNoPlaceEvenUntilItIsClosed() {
        for (int i = 0; i < MOST; i++) {
            ask();
        }
        List<Integer> counts = new ArrayList<>();
        EmbeddedChannel refused = new EmbeddedChannel() {
            @Override
            protected void doClose() throws Exception {
                counts.add(limit.count());
                super.doClose();
            }
        };
        limit.add(refused);
        assertThat(refused.isOpen()).isFalse();
        assertThat(counts).containsExactly(MOST);
        assertThat(limit.refused()).isEqualTo(1);
    }

    @Test
    void nearlyAllAreServedAndOneThatHasJustComeMayStillAsk() {
        for (int i = 0; i < MOST - 1; i++) {
            ask();
        }
        pass(Duration.ofSeconds(2));
        EmbeddedChannel last = connect();
        pass(Duration.ofMillis(500));
        assertThat(last.isOpen()).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(connect().isOpen()).isFalse();
        pass(Duration.ofMillis(20));
        assertThat(last.isOpen()).isFalse();
        assertThat(limit.count()).isEqualTo(MOST - 1);
    }

    @Test
    void amongManyThatHaveJustComeTheFirstMakeRoom() {
        for (int i = 0; i < MOST; i++) {
            connect();
            pass(Duration.ofNanos(1));
        }
        pass(Duration.ofMillis(20));
        assertThat(channels.subList(0, MOST / 4)).noneMatch(EmbeddedChannel::isOpen);
        assertThat(channels.subList(MOST / 4, MOST)).allMatch(EmbeddedChannel::isOpen);
    }

    @Test
    void oneThatWasAnsweredIsIdleSinceItsAnswer() {
        EmbeddedChannel first = ask();
        pass(Duration.ofSeconds(5));
        for (int i = 1; i < MOST; i++) {
            connect();
        }
        pass(Duration.ofMillis(10));
        limit.observe(first, ConnectionObserver.State.DISCONNECTING);
        pass(Duration.ofMillis(10));
        assertThat(first.isOpen()).isTrue();
        assertThat(limit.count()).isEqualTo(MOST - MOST / 4);
    }

    @Test
    void manyEventLoopsTogetherGetNoMoreThanThereAre() throws Exception {
        int loops = 4;
        CyclicBarrier begin = new CyclicBarrier(loops);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < loops; i++) {
            List<EmbeddedChannel> own = new ArrayList<>();
            for (int j = 0; j < MOST; j++) {
                own.add(new EmbeddedChannel());
            }
            channels.addAll(own);
            Thread thread = new Thread(() -> {
                try {
                    begin.await();
                    own.forEach(limit::add);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(limit.count()).isEqualTo(MOST);
        assertThat(limit.refused()).isEqualTo((loops - 1) * MOST);
        assertThat(channels.stream().filter(EmbeddedChannel::isOpen)).hasSize(MOST);
    }
}
