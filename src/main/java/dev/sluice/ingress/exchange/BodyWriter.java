package dev.sluice.ingress.exchange;

import dev.sluice.waiting.WaitingBytes;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

/**
 * Writes the pieces of a body to a client as they arrive and requests the next while fewer than {@link #WINDOW} bytes are
 * pending, so that a response buffers at most that and one piece; a single piece while the bytes pending for all clients exceed
 * their limit. Completes when all pieces are written to the socket. Fails with {@link AbortedException} when the client is gone
 * or takes nothing for a while, and with the error of the body once the pieces before it are written.
 *
 * <p>A stream of events may last for hours in silence. Its connection can be parked: then this completes although the stream goes
 * on ({@link BodyWriting#park}).
 *
 * <p>Reactor Netty requests 128 pieces whatever their size, for each response.
 */
final class BodyWriter extends Mono<Void> {

    /** Pending bytes below which the next piece is requested. */
    static final int WINDOW = 64 * 1024;

    /** The longest time in which a client has to take a piece, of about 64 KiB at most. */
    static final Duration LONGEST = Duration.ofMinutes(1);

    private final Channel channel;
    private final Flux<? extends DataBuffer> body;
    private final WaitingBytes waiting;
    private final @Nullable Consumer<BodyWriting> parked;

    /** Writes to a connection of HTTP/1.1 or an HTTP/2 stream to which the head was written before. */
    BodyWriter(Channel channel, Flux<? extends DataBuffer> body, WaitingBytes waiting) {
        this(channel, body, waiting, null);
    }

    /**
     * Writes to a connection of HTTP/1.1 to which the head of a chunked response was written before, and parks it when it can.
     *
     * @param parked told, on the event loop, what goes on when this completes; null to never park the connection
     */
    BodyWriter(
            Channel channel,
            Flux<? extends DataBuffer> body,
            WaitingBytes waiting,
            @Nullable Consumer<BodyWriting> parked) {
        this.channel = channel;
        this.body = body;
        this.waiting = waiting;
        this.parked = parked;
    }

    @Override
    public void subscribe(CoreSubscriber<? super Void> subscriber) {
        body.subscribe(new BodyWriting(channel, waiting, parked, subscriber));
    }
}
