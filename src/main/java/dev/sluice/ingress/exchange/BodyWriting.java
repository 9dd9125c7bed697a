package dev.sluice.ingress.exchange;

import dev.sluice.events.SlowReaderException;
import dev.sluice.ingress.connection.ParkedConnection;
import dev.sluice.waiting.WaitingBytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.netty.channel.AbortedException;

/** The writing of one body by a {@link BodyWriter}. The state is confined to the channel's event loop. */
final class BodyWriting implements CoreSubscriber<DataBuffer>, Subscription {

    private static final Logger LOG = LoggerFactory.getLogger(BodyWriting.class);

    private final Channel channel;
    private final UntakenBytes untaken;
    private CoreSubscriber<? super Void> subscriber;
    private @Nullable Consumer<BodyWriting> mayPark;
    private @Nullable ParkedConnection parked;
    private @Nullable Runnable whenOver;
    private Subscription source = Operators.emptySubscription();

    private boolean asked;
    private boolean pumping;
    private boolean unflushed;
    private boolean ended;
    private boolean over;
    private volatile boolean evicted;
    private @Nullable Throwable failure;

    BodyWriting(
            Channel channel,
            WaitingBytes waiting,
            @Nullable Consumer<BodyWriting> parked,
            CoreSubscriber<? super Void> subscriber) {
        this.channel = channel;
        this.mayPark = parked;
        this.subscriber = subscriber;
        this.untaken = new UntakenBytes(channel, waiting, this::evicted);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        source = subscription;
        subscriber.onSubscribe(this);
        inLoop(() -> {
            pump();
            if (mayPark != null) {
                Parking.of(loop()).add(this);
            }
        });
    }

    @Override
    public void onNext(DataBuffer piece) {
        EventLoop loop = loop();
        if (loop.inEventLoop()) {
            take(piece);
        } else {
            loop.execute(() -> take(piece));
        }
    }

    /** Always as a task, behind the tasks of earlier pieces. */
    @Override
    public void onError(Throwable error) {
        loop().execute(() -> {
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
        loop().execute(() -> {
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

    /**
     * Parks the connection if that can be done now: takes from it what only its request needed, has the {@link BodyWriter}
     * complete, so that the exchange can go as well, and goes on writing to the bare connection, which is idle after the end.
     *
     * @return false to be asked again later
     */
    boolean park() {
        Consumer<BodyWriting> told = mayPark;
        if (over || evicted || ended || told == null) {
            return true;
        } else if (!untaken.isEmpty() || !ParkedConnection.canPark(channel)) {
            return false;
        }
        parked = ParkedConnection.park(channel, this);
        mayPark = null;
        told.accept(this);
        CoreSubscriber<? super Void> exchange = subscriber;
        subscriber = Operators.emptySubscriber();
        exchange.onComplete();
        return true;
    }

    /** Runs a task when a stream whose connection is parked is over. To be called by the event loop, once. */
    void whenOver(Runnable task) {
        if (over) {
            task.run();
        } else {
            whenOver = task;
        }
    }

    private EventLoop loop() {
        return channel.eventLoop();
    }

    private void inLoop(Runnable task) {
        if (loop().inEventLoop()) {
            task.run();
        } else {
            loop().execute(task);
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
        untaken.add(length);
        unflushed = true;
        Object message = parked == null ? new DefaultHttpContent(bytes) : parked.chunk(bytes);
        channel.write(message).addListener(result -> written(length, result.cause()));
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
        if (!over) {
            untaken.watch();
        }
    }

    private boolean wantsMore() {
        return !asked && !ended && !over && !evicted && untaken.hasRoom();
    }

    private void written(int bytes, @Nullable Throwable error) {
        untaken.remove(bytes);
        if (error != null) {
            source.cancel();
            end(new AbortedException(error));
        } else {
            pump();
        }
    }

    /** Sets the flag at once, as the event loop may have to handle further pieces before it ends this one. */
    private void evicted() {
        evicted = true;
        source.cancel();
        inLoop(() -> end(new AbortedException("the client takes nothing")));
    }

    private void endIfAllIsWritten() {
        if (ended && untaken.isEmpty() && !pumping) {
            end(failure);
        }
    }

    private void end(@Nullable Throwable error) {
        if (over) {
            return;
        }
        CoreSubscriber<? super Void> exchange = subscriber;
        close();
        if (parked != null) {
            endParked(parked, error);
        } else if (error == null) {
            exchange.onComplete();
        } else {
            exchange.onError(error);
        }
    }

    /** A stream that ends early is not ended properly, so that it is not taken for complete. */
    private static void endParked(ParkedConnection parked, @Nullable Throwable error) {
        if (error == null) {
            parked.complete();
        } else {
            LOG.debug("A stream ended early", error);
            parked.dispose();
        }
    }

    /** Lets go of what is no longer needed: the timer that parks streams keeps this for a second or two. */
    private void close() {
        over = true;
        subscriber = Operators.emptySubscriber();
        source = Operators.emptySubscription();
        mayPark = null;
        untaken.close();
        Runnable task = whenOver;
        whenOver = null;
        if (task != null) {
            task.run();
        }
    }
}
