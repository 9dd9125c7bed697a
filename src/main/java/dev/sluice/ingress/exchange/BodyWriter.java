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
 * Writes the pieces of a body to a client as they arrive and requests the next while fewer than {@link #WINDOW} bytes are
 * pending, so that a response buffers at most that and one piece; a single piece while the bytes pending for all clients exceed
 * their limit. Completes when all pieces are written to the socket. Fails with {@link AbortedException} when the client is gone
 * or takes nothing for a while, and with the error of the body once the pieces before it are written.
 *
 * <p>Reactor Netty requests 128 pieces whatever their size, for each response. The state is confined to the channel's event
 * loop.
 */
final class BodyWriter extends Mono<Void> {

    /** Pending bytes below which the next piece is requested. */
    static final int WINDOW = 64 * 1024;

    /** The longest time in which a client has to take a piece, of about 64 KiB at most. */
    static final Duration LONGEST = Duration.ofMinutes(1);

    private final Channel channel;
    private final Flux<? extends DataBuffer> body;
    private final WaitingBytes waiting;

    /** Writes to a connection of HTTP/1.1 or an HTTP/2 stream to which the head was written before. */
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
            // OutputGuard counts the bytes pending for a connection, but not those waiting for the window of a stream.
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

        /** Always as a task, behind the tasks of earlier pieces. */
        @Override
        public void onError(Throwable error) {
            loop.execute(() -> {
                failure = error;
                if (error instanceof SlowReaderException) {
                    end(error); // pending bytes would not arrive
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

        /** Flushes when no more pieces arrive at once. Guarded against re-entry by writes and pieces. */
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

        /** Sets the flag at once, as the event loop may have to handle further pieces before it ends this one. */
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
