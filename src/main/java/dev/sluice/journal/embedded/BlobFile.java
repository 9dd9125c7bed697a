package dev.sluice.journal.embedded;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** Reads a RocksDB blob file: a header, records (lengths, two checksums, key, value) and a footer. */
final class BlobFile implements AutoCloseable {

    private static final int MAGIC = 0x00248f37;
    private static final int VERSION = 1;
    private static final int HEADER = 30;
    private static final int RECORD_HEADER = 32;
    private static final int FOOTER = 32;
    private static final int LONGEST_KEY = 64 << 10;

    private final FileChannel channel;
    private final long end;
    private final ByteBuffer header = ByteBuffer.allocate(RECORD_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C checksum = new CRC32C();
    private long position = HEADER;
    private byte[] key = new byte[0];
    private long valueLength;

    BlobFile(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.READ);
        end = channel.size() - FOOTER;
    }

    /** Checks that the file exists and has its header and footer. */
    static void checkEnds(Path directory, Path file) throws IOException {
        if (!Files.exists(file)) {
            throw Diagnosis.ofDamage(directory, "the file " + file.getFileName() + " is missing.");
        }
        boolean whole;
        try (BlobFile blobs = new BlobFile(file)) {
            whole = blobs.end >= HEADER && blobs.hasEnds();
        }
        if (!whole) {
            throw Diagnosis.ofDamage(
                    directory, "the file " + file.getFileName() + " is damaged: its beginning or its end is wrong.");
        }
    }

    /** Advances to the next record and reads its key but not its value; false at the end. */
    boolean next() throws IOException {
        if (position >= end) {
            return false;
        }
        read(header.clear(), position);
        long keyLength = header.getLong(0);
        valueLength = header.getLong(8);
        boolean whole = masked(header.array(), 0, 24) == header.getInt(24)
                && keyLength >= 0
                && keyLength <= LONGEST_KEY
                && valueLength >= 0
                && valueLength <= end - position - RECORD_HEADER - keyLength;
        if (!whole) {
            throw new IOException("a record at byte " + position + " is damaged");
        }
        key = new byte[(int) keyLength];
        read(ByteBuffer.wrap(key), position + RECORD_HEADER);
        position += RECORD_HEADER + keyLength + valueLength;
        return true;
    }

    byte[] key() {
        return key;
    }

    long valueLength() {
        return valueLength;
    }

    /** Reads and verifies the value of the record. */
    void verify() throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(64 << 10);
        checksum.reset();
        checksum.update(key);
        for (long at = position - valueLength; at < position; at += chunk.limit()) {
            chunk.clear().limit((int) Math.min(chunk.capacity(), position - at));
            read(chunk, at);
            checksum.update(chunk.array(), 0, chunk.limit());
        }
        if (masked((int) checksum.getValue()) != header.getInt(28)) {
            throw new IOException("the value of the record that ends at byte " + position + " is damaged");
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private boolean hasEnds() throws IOException {
        ByteBuffer first = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        read(first, 0);
        ByteBuffer last = ByteBuffer.allocate(FOOTER).order(ByteOrder.LITTLE_ENDIAN);
        read(last, end);
        return first.getInt(0) == MAGIC
                && first.getInt(4) == VERSION
                && last.getInt(0) == MAGIC
                && masked(last.array(), 0, FOOTER - 4) == last.getInt(FOOTER - 4);
    }

    private void read(ByteBuffer target, long at) throws IOException {
        long from = at;
        while (target.hasRemaining()) {
            int count = channel.read(target, from);
            if (count < 0) {
                throw new EOFException("the file ends at byte " + from);
            }
            from += count;
        }
    }

    private int masked(byte[] bytes, int from, int length) {
        checksum.reset();
        checksum.update(bytes, from, length);
        return masked((int) checksum.getValue());
    }

    private static int masked(int crc) {
        return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
    }
}
