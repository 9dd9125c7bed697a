package dev.sluice.journal.postgres;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.client.EncodedParameter;
import io.r2dbc.postgresql.codec.Codec;
import io.r2dbc.postgresql.codec.CodecRegistry;
import io.r2dbc.postgresql.extension.CodecRegistrar;
import io.r2dbc.postgresql.message.Format;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Sends the parameters of a group in PostgreSQL's binary form. The driver writes them as text: bytes as hexadecimal digits,
 * one at a time and twice as many, and every number of an array as digits, which took a tenth of the thread that does it.
 */
final class BinaryParameters implements CodecRegistrar {

    private static final int BYTEA = 17;
    private static final int BOOL_ARRAY = 1000;
    private static final int INT4_ARRAY = 1007;
    private static final int INT8_ARRAY = 1016;
    private static final int UUID_ARRAY = 2951;

    @Override
    public Publisher<Void> register(
            PostgresqlConnection connection, ByteBufAllocator allocator, CodecRegistry registry) {
        return Mono.fromRunnable(() -> {
            registry.addFirst(new One<>(Blobs.class, BYTEA, allocator, (blobs, out) -> blobs.writeTo(out)));
            registry.addFirst(array(Long[].class, INT8_ARRAY, 20, Long.BYTES, allocator, ByteBuf::writeLong));
            registry.addFirst(array(Integer[].class, INT4_ARRAY, 23, Integer.BYTES, allocator, ByteBuf::writeInt));
            registry.addFirst(array(Boolean[].class, BOOL_ARRAY, 16, 1, allocator, ByteBuf::writeBoolean));
            registry.addFirst(array(
                    UUID[].class,
                    UUID_ARRAY,
                    2950,
                    16,
                    allocator,
                    (out, id) -> out.writeLong(id.getMostSignificantBits()).writeLong(id.getLeastSignificantBits())));
        });
    }

    private interface Writing<T> {
        void write(T value, ByteBuf out);
    }

    private interface Element<T> {
        ByteBuf write(ByteBuf out, T value);
    }

    /** An array of one dimension that begins with 1: its header, then each element behind its length, -1 for null. */
    private static <T> One<T[]> array(
            Class<T[]> type, int array, int element, int size, ByteBufAllocator allocator, Element<T> writing) {
        return new One<>(type, array, allocator, (values, out) -> {
            out.ensureWritable(20 + values.length * (Integer.BYTES + size));
            out.writeInt(values.length == 0 ? 0 : 1).writeInt(1).writeInt(element);
            if (values.length > 0) {
                out.writeInt(values.length).writeInt(1);
            }
            for (T value : values) {
                if (Objects.isNull(value)) {
                    out.writeInt(-1);
                } else {
                    writing.write(out.writeInt(size), value);
                }
            }
        });
    }

    /** Writes values of one class, and reads none. */
    private record One<T>(Class<T> type, int oid, ByteBufAllocator allocator, Writing<T> writing) implements Codec<T> {

        @Override
        public boolean canDecode(int dataType, Format format, Class<?> wanted) {
            return false;
        }

        @Override
        public T decode(@Nullable ByteBuf buffer, int dataType, Format format, Class<? extends T> wanted) {
            throw new UnsupportedOperationException("only writes");
        }

        @Override
        public boolean canEncode(Object value) {
            return type.isInstance(value);
        }

        @Override
        public boolean canEncodeNull(Class<?> wanted) {
            return false;
        }

        @Override
        public EncodedParameter encode(Object value) {
            return encode(value, oid);
        }

        @Override
        public EncodedParameter encode(Object value, int dataType) {
            T own = type.cast(value);
            return new EncodedParameter(Format.FORMAT_BINARY, dataType, Mono.fromSupplier(() -> {
                ByteBuf out = allocator.buffer();
                writing.write(own, out);
                return out;
            }));
        }

        @Override
        public EncodedParameter encodeNull() {
            throw new UnsupportedOperationException("the driver's own codec writes nulls");
        }
    }
}
