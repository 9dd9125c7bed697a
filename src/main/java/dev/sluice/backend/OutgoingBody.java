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
 * Sends the body of one request. A small body is written together with the header. A larger one is streamed piece by piece: the
 * next piece is requested when the socket has taken the one before, so that at most two are in memory, whatever the size.
 * (Reactor Netty itself aggregates the body of a GET and queues 128 pieces of any other.)
 */
final class OutgoingBody {

    /** Up to this size, in bytes, the body is written together with the header. */
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
     * Makes the sender.
     *
     * @param moved called for each piece that arrives and for each that the socket takes
     */
    OutgoingBody(BackendRequest request, Runnable moved) {
        this.request = request;
        this.moved = moved;
    }

    /** The error of the body itself, as opposed to one of the connection; null if there is none. */
    @Nullable
    Throwable error() {
        return error;
    }

    /** Stops sending, because the call has ended. */
    void stop() {
        over.tryEmitEmpty(); // fails only if it is stopped already
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
     * Completes unless the connection is closed: the client fails when a body completes on a closed connection. The check runs
     * on the connection's event loop, so that the connection cannot close between check and completion.
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
     * The request to send once more: the body of a job is stored, and a small body that is passed through was kept. Null if the
     * body is no longer available.
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
     * A backend that stops reading may have sent a response that says why. So a failed write does not end the call; reading the
     * response does.
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
     * The pieces, counted if the header announced their size: a surplus byte would be the begin of another request on the same
     * connection.
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

    /** A body that was stopped ends with an error, because one that completes would pass for the whole body. */
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
