package dev.sluice.backend;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.FutureMono;
import reactor.netty.NettyOutbound;

/**
 * Sends the body of one request. A small one goes out together with the header in one write. A larger one is streamed one
 * piece after the other: the next is asked for when the socket has taken the one before, so at most two are in memory,
 * whatever the body's size. (The client's own ways gather the body of a GET, and queue 128 pieces of any other.)
 */
final class RequestBody {

    /** Up to this size the body is one write with the header. */
    private static final int SMALL = 16 * 1024;

    private final BackendRequest request;
    private final Runnable moved;
    private final Sinks.Empty<Void> over = Sinks.empty();
    private volatile byte @Nullable [] gathered;
    private long sent;
    private volatile boolean begun;
    private volatile boolean complete;
    private volatile @Nullable Throwable error;

    /**
     * Takes the body of a request.
     *
     * @param moved is told of each piece that came and of each that the socket took
     */
    RequestBody(BackendRequest request, Runnable moved) {
        this.request = request;
        this.moved = moved;
    }

    /** What went wrong on our side of the body; null if nothing did. */
    @Nullable
    Throwable error() {
        return error;
    }

    /** The call has ended: nobody needs the rest. */
    void stop() {
        over.tryEmitEmpty(); // a second call changes nothing, which is what its result would say
    }

    Publisher<Void> sendTo(NettyOutbound out) {
        if (request.size() == 0) {
            return out.then();
        }
        Channel channel = channel(out);
        boolean small = request.size() > 0 && request.size() <= SMALL;
        return (small ? out.send(Mono.defer(this::gathered)).then() : streamed(out))
                .then(unlessGone(channel, channel.eventLoop()));
    }

    /**
     * A connection that is gone cannot take the news that the body is complete: whoever gets it there fails. So it is told on
     * the connection's own event loop, where nothing can close between the look and the news.
     */
    private static Mono<Void> unlessGone(Channel channel, EventLoop loop) {
        return Mono.create(end -> {
            Runnable tell = () -> {
                if (channel.isActive()) {
                    end.success();
                }
            };
            if (loop.inEventLoop()) {
                tell.run();
            } else {
                loop.execute(tell);
            }
        });
    }

    private Mono<ByteBuf> gathered() {
        return pieces().reduceWith(() -> Unpooled.buffer((int) request.size()), ByteBuf::writeBytes)
                .doOnNext(body -> gathered = ByteBufUtil.getBytes(body));
    }

    /**
     * The request once more: that of a job is stored, and of one that is passed through a small body was kept. Null if the
     * body cannot be had again.
     */
    @Nullable
    BackendRequest again() {
        byte[] body = gathered;
        if (request.job() != null || request.size() == 0 || !begun) {
            return request;
        }
        return body == null ? null : request.withBody(Flux.just(body));
    }

    private Mono<Void> streamed(NettyOutbound out) {
        return out.then()
                .thenMany(Flux.defer(() -> pieces().concatMap(piece -> write(channel(out), piece), 1)))
                .then();
    }

    /**
     * A backend that takes no more may have said why, and what it said is still to be read. So an end of this direction is
     * left to the other one to tell.
     */
    private Mono<Void> write(Channel channel, byte[] piece) {
        return FutureMono.from(channel.writeAndFlush(Unpooled.wrappedBuffer(piece)))
                .doOnSuccess(taken -> moved.run())
                .onErrorResume(IOException.class, refused -> over.asMono().then(Mono.error(stopped())));
    }

    private static Channel channel(NettyOutbound out) {
        Channel[] channel = new Channel[1];
        out.withConnection(connection -> channel[0] = connection.channel());
        return channel[0];
    }

    /**
     * The pieces, counted if the header has promised their sum: a byte too many would be the begin of another request on
     * the same connection.
     */
    private Flux<byte[]> pieces() {
        begun = true;
        return request.body()
                .doOnNext(this::count)
                .concatWith(Mono.defer(this::end))
                .doOnError(e -> error = e)
                .doOnComplete(() -> complete = true)
                .takeUntilOther(over.asMono())
                .concatWith(Mono.defer(this::unlessStopped));
    }

    private void count(byte[] piece) {
        moved.run();
        sent += piece.length;
        if (isCounted() && sent > request.size()) {
            throw new IllegalStateException("the body of " + name() + " is longer than its size");
        }
    }

    /** What was stopped ends with an error: what ends well would be sent as if it were the whole. */
    private Mono<byte[]> unlessStopped() {
        return complete ? Mono.empty() : Mono.error(stopped());
    }

    private static CancellationException stopped() {
        return new CancellationException("the call has ended");
    }

    private Mono<byte[]> end() {
        return !isCounted() || sent == request.size()
                ? Mono.empty()
                : Mono.error(new IllegalStateException("the body of " + name() + " is shorter than its size"));
    }

    private boolean isCounted() {
        return request.size() >= 0;
    }

    private String name() {
        return request.job() == null ? "a request" : "job " + request.job();
    }
}
