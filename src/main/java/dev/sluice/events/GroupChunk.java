package dev.sluice.events;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive events of a group, encoded once for all readers, in a list that grows at its end. A reader holds the chunk that it
 * has taken last; what all have taken is garbage.
 */
final class GroupChunk {

    private final long[] numbers;
    private final int[] ends;
    private final byte[] bytes;
    private final long until;
    private final boolean finished;
    private final SseFrame whole;
    private volatile @Nullable GroupChunk next;

    private GroupChunk(long[] numbers, int[] ends, byte[] bytes, long until, boolean finished) {
        this.numbers = numbers;
        this.ends = ends;
        this.bytes = bytes;
        this.until = until;
        this.finished = finished;
        this.whole = new SseFrame(numbers[numbers.length - 1], null, finished, bytes);
    }

    /** The beginning of a list: no bytes, and the number after which it goes on. */
    static GroupChunk begin(long after) {
        return new GroupChunk(new long[] {after}, new int[] {0}, new byte[0], 0, false);
    }

    /** Appends the next events, at least one, to the last chunk of a list. For one thread at a time. */
    static GroupChunk append(GroupChunk before, List<SseFrame> frames) {
        long[] numbers = new long[frames.size()];
        int[] ends = new int[frames.size()];
        int size = frames.stream().mapToInt(frame -> frame.bytes().length).sum();
        byte[] bytes = new byte[size];
        int end = 0;
        for (int i = 0; i < numbers.length; i++) {
            byte[] one = frames.get(i).bytes();
            System.arraycopy(one, 0, bytes, end, one.length);
            end += one.length;
            numbers[i] = frames.get(i).seq();
            ends[i] = end;
        }
        boolean finished = frames.get(numbers.length - 1).last();
        GroupChunk chunk = new GroupChunk(numbers, ends, bytes, before.until + size, finished);
        before.next = chunk;
        return chunk;
    }

    /** The number of its last event. */
    long last() {
        return numbers[numbers.length - 1];
    }

    /** The bytes of the list up to its end. */
    long until() {
        return until;
    }

    @Nullable
    GroupChunk next() {
        return next;
    }

    /** Its events beyond a number that is lower than its last, as one frame. */
    SseFrame after(long number) {
        int from = 0;
        while (numbers[from] <= number) {
            from++;
        }
        return from == 0
                ? whole
                : new SseFrame(last(), null, finished, Arrays.copyOfRange(bytes, ends[from - 1], bytes.length));
    }
}
