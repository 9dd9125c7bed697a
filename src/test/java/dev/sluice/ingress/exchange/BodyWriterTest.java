package dev.sluice.ingress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.waiting.WaitingBytes;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.netty.channel.AbortedException;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class BodyWriterTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final byte[] PIECE = new byte[20_000];

    /** Whether the client takes what is written. */
    private boolean reads = true;

    private final Queue<ChannelPromise> untaken = new ArrayDeque<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelOutboundHandlerAdapter() {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            ReferenceCountUtil.release(message);
            if (reads) {
                promise.setSuccess();
            } else {
                untaken.add(promise);
            }
        }
    });
    private final TestPublisher<byte[]> body = TestPublisher.create();

    BodyWriterTest() {
        channel.freezeTime();
    }

    @AfterEach
    void close() {
        channel.close();
    }

    private BodyWriter writer(Flux<byte[]> pieces) {
        return new BodyWriter(
                channel, pieces.map(NettyRequest.BUFFERS::wrap), new WaitingBytes(0, System::nanoTime, Runnable::run));
    }

    private void run() {
        channel.runPendingTasks();
    }

    @Test
    void writesAnyNumberOfPiecesToAClientThatReads() {
        StepVerifier.create(writer(Flux.range(0, 100_000).map(i -> new byte[1])))
                .then(this::run)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void asksForNoMoreThanTheWindow() {
        reads = false;
        StepVerifier.create(writer(body.flux()))
                .then(() -> {
                    for (int i = 0; i < 4; i++) {
                        body.next(PIECE);
                        run();
                    }
                    body.assertMaxRequested(1);
                    assertThat(untaken).hasSize(4);
                })
                .then(() -> {
                    untaken.remove().setSuccess();
                    body.next(PIECE);
                    body.complete();
                    run();
                    assertThat(untaken).hasSize(4);
                    untaken.forEach(ChannelPromise::setSuccess);
                    run();
                })
                .expectComplete()
                .verify(LIMIT);
        body.assertNoRequestOverflow();
    }

    /** Also if it takes one piece: the time begins anew with each. */
    @Test
    void givesUpAClientThatTakesNothing() {
        reads = false;
        StepVerifier.create(writer(body.flux()))
                .then(() -> {
                    body.next(PIECE);
                    body.next(PIECE);
                    run();
                    pass(BodyWriter.LONGEST.toSeconds() - 1);
                    untaken.remove().setSuccess();
                    pass(BodyWriter.LONGEST.toSeconds() - 1);
                    body.assertNotCancelled();
                    pass(1);
                })
                .expectError(AbortedException.class)
                .verify(LIMIT);
        body.assertCancelled();
    }

    private void pass(long seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        run();
    }

    @Test
    void tellsOfTheErrorOfABodyAfterWhatCameBefore() {
        reads = false;
        StepVerifier.create(writer(body.flux()))
                .then(() -> {
                    body.next(PIECE);
                    body.error(new IOException("broken off"));
                    run();
                    reads = true;
                    untaken.remove().setSuccess();
                    run();
                })
                .expectError(IOException.class)
                .verify(LIMIT);
    }

    @Test
    void aClientThatLeavesCancelsTheBody() {
        reads = false;
        StepVerifier.create(writer(body.flux()))
                .then(() -> {
                    body.next(PIECE);
                    run();
                    untaken.remove().setFailure(new ClosedChannelException());
                })
                .expectError(AbortedException.class)
                .verify(LIMIT);
        body.assertCancelled();
    }
}
