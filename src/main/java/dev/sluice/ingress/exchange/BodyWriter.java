package dev.sluice.ingress.exchange;

import dev.sluice.events.SlowReaderException;
import dev.sluice.waiting.Share;
import dev.sluice.waiting.WaitingBytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.netty.channel.AbortedException;

/**
 * Writes the pieces of a body to a client as they come, and asks for the next while fewer than {@link #WINDOW} bytes are on
 * their way, so that no more of an answer waits for its client than that and one piece; one piece only while more waits for
 * all clients than may. Completes when all are in the hands
 * of the operating system. Fails with {@link AbortedException} when the client is gone or takes next to nothing, and with
 * the error of the body after what came before it.
 *
 * <p>Written by hand because Reactor Netty asks for 128 pieces whatever their size, and each stream of events has one. The
 * state belongs to the channel's event loop.
 */
public final class BodyWriter extends Mono<Void> {

    /** Bytes that may be on their way when the next piece is asked for. */
    static final int WINDOW = 64 * 1024;

    /** A client has to take a piece, which has some 64 KiB at most, in this time. */
    static final Duration LONGEST = Duration.ofMinutes(1);

    private final Channel channel;
    private final Flux<? extends DataBuffer> body;
    private final WaitingBytes waiting;

    /** Writes to a channel, HTTP/1.1's or that of a stream of HTTP/2, to which the head was written before. */
    BodyWriter(Channel channel, Flux<? extends DataBuffer> body, WaitingBytes waiting) {
        this.channel = channel;
        this.body = body;
        this.waiting = waiting;
    }

    @Override
    public void subscribe(CoreSubscriber<? super Void> subscriber) {
        body.subscribe(new Writing(subscriber));
    }

    private final class Writing implements CoreSubscriber<DataBuffer>, Subscription {

        private final CoreSubscriber<? super Void> subscriber;
        private final EventLoop loop = channel.eventLoop();
        private final @Nullable Share share;
        private Subscription source = Operators.emptySubscription();

        private long outstanding;
        private long tookLast;
        private boolean asked;
        private boolean pumping;
        private boolean unflushed;
        private boolean ended;
        private boolean over;
        private volatile boolean evicted;
        private @Nullable Throwable failure;
        private @Nullable Future<?> timer;

        Writing(CoreSubscriber<? super Void> subscriber) {
            this.subscriber = subscriber;
            // What waits for a connection is counted there; what waits for the window of a stream is nowhere but here.
            this.share = channel instanceof Http2StreamChannel ? waiting.open(this::evicted) : null;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            source = subscription;
            subscriber.onSubscribe(this);
            inLoop(this::pump);
        }

        @Override
        public void onNext(DataBuffer piece) {
            if (loop.inEventLoop()) {
                take(piece);
            } else {
                loop.execute(() -> take(piece));
            }
        }

        /** Always as a task of its own: a piece that came before may still be one. */
        @Override
        public void onError(Throwable error) {
            loop.execute(() -> {
                failure = error;
                if (error instanceof SlowReaderException) {
                    end(error); // what is on its way will not arrive
                } else {
                    ended = true;
                    endIfAllIsWritten();
                }
            });
        }

        @Override
        public void onComplete() {
            loop.execute(() -> {
                ended = true;
                endIfAllIsWritten();
            });
        }

        @Override
        public void request(long n) {
            // nothing is emitted
        }

        @Override
        public void cancel() {
            source.cancel();
            inLoop(this::close);
        }

        private void inLoop(Runnable task) {
            if (loop.inEventLoop()) {
                task.run();
            } else {
                loop.execute(task);
            }
        }

        private void take(DataBuffer piece) {
            asked = false;
            if (over || evicted) {
                DataBufferUtils.release(piece);
                return;
            }
            ByteBuf bytes = NettyDataBufferFactory.toByteBuf(piece);
            int length = bytes.readableBytes();
            if (outstanding == 0) {
                tookLast = loop.ticker().nanoTime();
            }
            outstanding += length;
            if (share != null) {
                share.take(length);
            }
            unflushed = true;
            channel.write(new DefaultHttpContent(bytes)).addListener(result -> written(length, result.cause()));
            pump();
        }

        /** Flushes when no more pieces are there at once; what is written or comes meanwhile finds it at work. */
        private void pump() {
            if (pumping) {
                return;
            }
            pumping = true;
            while (unflushed || wantsMore()) {
                while (wantsMore()) {
                    asked = true;
                    source.request(1);
                }
                if (unflushed) {
                    unflushed = false;
                    channel.flush();
                }
            }
            pumping = false;
            endIfAllIsWritten();
            if (timer == null && outstanding > 0 && !over) {
                timer = loop.schedule(this::look, LONGEST.toNanos(), TimeUnit.NANOSECONDS);
            }
        }

        private boolean wantsMore() {
            long most = waiting.isFull() ? 1 : WINDOW;
            return !asked && !ended && !over && !evicted && outstanding < most;
        }

        private void written(int bytes, @Nullable Throwable error) {
            outstanding -= bytes;
            tookLast = loop.ticker().nanoTime();
            if (share != null) {
                share.give(bytes);
            }
            if (error != null) {
                source.cancel();
                end(new AbortedException(error));
            } else {
                pump();
            }
        }

        private void look() {
            timer = null;
            long left = LONGEST.toNanos() - (loop.ticker().nanoTime() - tookLast);
            if (over || outstanding == 0) {
                return;
            } else if (left <= 0) {
                evicted();
            } else {
                timer = loop.schedule(this::look, left, TimeUnit.NANOSECONDS);
            }
        }

        /** At once: the event loop may have more to do first than there is room for. */
        private void evicted() {
            evicted = true;
            source.cancel();
            inLoop(() -> end(new AbortedException("the client takes nothing")));
        }

        private void endIfAllIsWritten() {
            if (ended && outstanding == 0 && !pumping) {
                end(failure);
            }
        }

        private void end(@Nullable Throwable error) {
            if (over) {
                return;
            }
            close();
            if (error == null) {
                subscriber.onComplete();
            } else {
                subscriber.onError(error);
            }
        }

        private void close() {
            over = true;
            if (timer != null) {
                timer.cancel(false);
            }
            if (share != null) {
                share.close();
            }
        }
    }
}
