package dev.sluice.journal.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads a RocksDB log as far as it is intact, without changing it, and returns the sequence numbers in it.
 *
 * <p>A log is a sequence of blocks of 32 KiB. Each holds records: checksum, length, type, number of the log (for
 * recycled logs), bytes. A batch that does not fit is split into several records; the rest of a block that is too short
 * for a header is padding. Every batch begins with its first sequence number and a count.
 */
final class LogReader {

    private static final int BLOCK = 32 * 1024;
    private static final int HEADER = 7;
    private static final int RECYCLABLE_HEADER = 11;
    private static final int BATCH_HEADER = 12;
    private static final int FULL = 1;
    private static final int FIRST = 2;
    private static final int LAST = 4;
    private static final int RECYCLABLE = 4; // what is added to the four types above
    private static final int OTHER = 9; // from here on: records that are no part of a batch

    /**
     * The content of a log.
     *
     * @param first the first sequence number in it, 0 if there is none
     * @param last the last sequence number of its complete batches, 0 if there is none
     * @param end the offset of the first byte that could not be read, or the log's length
     * @param why what is wrong there, null at a regular end
     */
    record Contents(
            Path file,
            long first,
            long last,
            long end,
            @Nullable String why) {}

    private final Path file;
    private final long number;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer head = ByteBuffer.allocate(BATCH_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C checksum = new CRC32C();
    private long first;
    private long last;
    private int header = HEADER; // the longest so far: which kind of log it is shows in its records
    private boolean inside; // a batch of several records
    private @Nullable String why;

    private LogReader(Path file, long number) {
        this.file = file;
        this.number = number;
    }

    static Contents read(Path file, long number) throws IOException {
        return new LogReader(file, number).read();
    }

    private Contents read() throws IOException {
        long start = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            boolean more = true;
            while (more && fill(channel)) {
                more = records() && block.limit() == BLOCK;
                if (more) {
                    start += BLOCK;
                }
            }
        }
        if (why == null && inside) {
            why = "it ends within a record";
        }
        return new Contents(file, first, last, start + block.position(), why);
    }

    private boolean fill(FileChannel channel) throws IOException {
        block.clear();
        while (block.hasRemaining() && channel.read(block) >= 0) {
            // until the block is full or the file at its end
        }
        block.flip();
        return block.hasRemaining();
    }

    /** Reads the records of a block; false if the log ends in it. */
    private boolean records() {
        while (block.remaining() >= header) {
            int at = block.position();
            int stored = block.getInt(at);
            int length = block.getShort(at + 4) & 0xffff;
            int type = block.get(at + 6) & 0xff;
            if (type == 0 && length == 0) {
                return false; // allocated and never written
            }
            boolean recyclable = type > RECYCLABLE && type < OTHER;
            int size = recyclable ? RECYCLABLE_HEADER : HEADER;
            if (recyclable && block.remaining() >= size && block.getInt(at + HEADER) != (int) number) {
                return false; // the rest of a recycled log
            }
            if (size + length > block.remaining()) {
                return stop("a record is cut off");
            }
            checksum.reset();
            checksum.update(block.array(), at + 6, size - 6 + length);
            if (masked((int) checksum.getValue()) != stored) {
                return stop("the checksum of a record is wrong");
            }
            if (type < OTHER && !fragment(recyclable ? type - RECYCLABLE : type, at + size, length)) {
                return false;
            }
            header = Math.max(header, size);
            block.position(at + size + length);
        }
        return true;
    }

    private boolean fragment(int type, int at, int length) {
        if ((type == FULL || type == FIRST) == inside) {
            return stop("a part of a record is missing");
        }
        if (!inside) {
            head.clear();
        }
        head.put(block.array(), at, Math.min(length, head.remaining()));
        inside = type != FULL && type != LAST;
        return inside || batch();
    }

    private boolean batch() {
        if (head.hasRemaining()) {
            return stop("a batch is too short");
        }
        long sequence = head.getLong(0);
        int count = head.getInt(8);
        if (first == 0) {
            first = sequence;
        }
        last = Math.max(last, sequence + count - 1);
        return true;
    }

    private boolean stop(String reason) {
        why = reason;
        return false;
    }

    private static int masked(int crc) {
        return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
    }
}
