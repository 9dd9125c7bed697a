package dev.sluice.journal.core;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Output;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * A run of consecutive {@code output} events of one attempt as one stored row, whose key is the job and the number of the first
 * event. The bytes of the pieces follow one another in it, so that the events and the body of the response are read from the same
 * copy. A piece costs about one byte beyond its bytes, a block about twelve more.
 */
public final class OutputBlock {

    /** The most bytes of the pieces of a block, unless it has only one. */
    public static final int MOST_BYTES = 64 * 1024;

    /** The most pieces of a block. */
    public static final int MOST_PIECES = 256;

    private static final int ONE_INSTANT = 1;
    private static final int TEXT = 2;
    private static final int FLAGS = 2; // bits

    private final long first;
    private final int attempt;
    private final long offset;
    private final long[] millis;
    private final boolean[] text;
    private final int[] ends; // of the pieces in the value
    private final int begin; // of the bytes of the first piece in the value
    private final byte[] value;

    private OutputBlock(
            long first, int attempt, long offset, long[] millis, boolean[] text, int[] ends, int begin, byte[] value) {
        this.first = first;
        this.attempt = attempt;
        this.offset = offset;
        this.millis = millis;
        this.text = text;
        this.ends = ends;
        this.begin = begin;
        this.value = value;
    }

    /**
     * Passes the fewest blocks of limited size for these events.
     *
     * @param events of one attempt, with consecutive numbers and offsets; at least one
     * @param blocks receives the number of the first event of each block, and its stored form
     */
    public static void pack(List<JobEvent.Emitted> events, Blocks blocks) {
        int from = 0;
        int bytes = 0;
        for (int i = 0; i < events.size(); i++) {
            int more = events.get(i).output().bytes().length;
            if (i > from && (bytes + more > MOST_BYTES || i - from == MOST_PIECES)) {
                blocks.accept(events.get(from).seq(), packed(events.subList(from, i), bytes));
                from = i;
                bytes = 0;
            }
            bytes += more;
        }
        blocks.accept(events.get(from).seq(), packed(events.subList(from, events.size()), bytes));
    }

    /** Receives the rows of {@link #pack}. */
    @FunctionalInterface
    public interface Blocks {

        /** Receives a block. */
        void accept(long first, byte[] value);
    }

    /**
     * The length of the last piece follows from that of the value, and most events of a block have the same instant: those of one
     * batch do.
     */
    private static byte[] packed(List<JobEvent.Emitted> events, int bytes) {
        int last = events.size() - 1;
        Instant at = events.get(0).at();
        boolean oneInstant = events.stream().allMatch(event -> event.at().equals(at));
        Output head = events.get(0).output();
        int flags = (oneInstant ? ONE_INSTANT : 0) | (events.get(last).output().text() ? TEXT : 0);
        Packer out = JobCodec.first(24 + 3 * last + bytes)
                .number(head.attempt())
                .number(head.offset())
                .number((long) last << FLAGS | flags)
                .instant(at);
        for (int i = 0; i < last; i++) {
            Output piece = events.get(i).output();
            out.number((long) piece.bytes().length << 1 | (piece.text() ? 1 : 0));
        }
        for (int i = 1; i <= last && !oneInstant; i++) {
            long since =
                    events.get(i).at().toEpochMilli() - events.get(i - 1).at().toEpochMilli();
            out.number((since << 1) ^ (since >> 63)); // a clock of several nodes may go back
        }
        events.forEach(event -> out.raw(event.output().bytes()));
        return out.toBytes();
    }

    /**
     * Reads a stored block.
     *
     * @param first the number of its first event
     */
    public static OutputBlock of(long first, byte[] value) {
        Unpacker in = JobCodec.open(value);
        int attempt = (int) in.number();
        long offset = in.number();
        long header = in.number();
        int last = (int) (header >>> FLAGS);
        long[] millis = new long[last + 1];
        Arrays.fill(millis, in.present().toEpochMilli());
        boolean[] text = new boolean[last + 1];
        int[] ends = new int[last + 1];
        int end = 0;
        for (int i = 0; i < last; i++) {
            long piece = in.number();
            text[i] = (piece & 1) == 1;
            end += (int) (piece >>> 1);
            ends[i] = end;
        }
        text[last] = (header & TEXT) != 0;
        for (int i = 1; i <= last && (header & ONE_INSTANT) == 0; i++) {
            long since = in.number();
            millis[i] = millis[i - 1] + ((since >>> 1) ^ -(since & 1));
        }
        int begin = in.position();
        for (int i = 0; i < last; i++) {
            ends[i] += begin;
        }
        ends[last] = value.length;
        return new OutputBlock(first, attempt, offset, millis, text, ends, begin, value);
    }

    /**
     * Reads a block whose events were packed with instants since {@link Instant#EPOCH}, for an engine with a column for the time.
     *
     * @param first the number of its first event
     * @param at the time to which these are added
     */
    public static OutputBlock of(long first, byte[] value, Instant at) {
        OutputBlock block = of(first, value);
        for (int i = 0; i < block.millis.length; i++) {
            block.millis[i] += at.toEpochMilli();
        }
        return block;
    }

    /** The number of its first event. */
    public long first() {
        return first;
    }

    /** The number of its last event. */
    public long last() {
        return first + ends.length - 1;
    }

    /** The attempt whose response it is a part of. */
    public int attempt() {
        return attempt;
    }

    /** The offset of its first byte in that response. */
    public long offset() {
        return offset;
    }

    /** The offset behind its last byte. */
    public long end() {
        return offset + value.length - begin;
    }

    /** Passes its events with numbers above {@code after}. */
    public void events(JobId job, String route, long after, Consumer<? super JobEvent.Emitted> events) {
        for (int i = (int) Math.max(0, after + 1 - first); i < ends.length; i++) {
            int from = i == 0 ? begin : ends[i - 1];
            Output piece =
                    new Output(text[i], Arrays.copyOfRange(value, from, ends[i]), attempt, offset + from - begin);
            events.accept(new JobEvent.Emitted(job, route, first + i, Instant.ofEpochMilli(millis[i]), piece));
        }
    }

    /** Returns its bytes from an offset of the response on, before the offset {@code to}. */
    public byte[] bytes(long from, long to) {
        int skipped = (int) Math.max(0, from - offset);
        int cut = (int) Math.max(0, end() - to);
        return Arrays.copyOfRange(value, begin + skipped, value.length - cut);
    }
}
