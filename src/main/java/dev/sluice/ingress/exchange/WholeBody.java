package dev.sluice.ingress.exchange;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;

/**
 * A body of one buffer until it is passed on to the channel, which then releases it. Exactly one of {@link #passOn} and
 * {@link #close} has an effect; they may race.
 */
final class WholeBody implements AutoCloseable {

    private final AtomicReference<@Nullable DataBuffer> held;
    private final int length;

    WholeBody(DataBuffer body) {
        this.held = new AtomicReference<>(body);
        this.length = body.readableByteCount();
    }

    /** The length in bytes. */
    int length() {
        return length;
    }

    boolean isPassedOn() {
        return held.get() == null;
    }

    /**
     * Returns the body, which the caller must release.
     *
     * @throws IllegalStateException if it was passed on or released before
     */
    ByteBuf passOn() {
        DataBuffer body = held.getAndSet(null);
        if (body == null) {
            throw new IllegalStateException("The body was passed on or released before");
        }
        return NettyDataBufferFactory.toByteBuf(body);
    }

    /** Releases the body unless it was passed on. */
    @Override
    public void close() {
        DataBuffer body = held.getAndSet(null);
        if (body != null) {
            DataBufferUtils.release(body);
        }
    }
}
