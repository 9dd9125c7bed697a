package dev.sluice.journal.core.queue;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Waiting jobs in claim order with ranks: a list of sorted blocks, with their sizes in one array, because a thousand
 * adjacent numbers are summed in the time of a few cache misses. Jobs are inserted mostly at the end or at one of a few
 * places in the middle (one for each urgency), and removed mostly at the front; a full block is therefore split at the
 * insertion point, not in its middle. Costs 4 to 8 bytes per entry, and 150 bytes for the first.
 */
final class WaitingOrder {

    private static final int LEAST = 1;
    private static final int HALF = WaitingBlock.MOST / 2;

    private @Nullable WaitingBlock[] blocks = new WaitingBlock[LEAST];
    private int[] sizes = new int[LEAST];
    private int from;
    private int to;
    private int size;

    int size() {
        return size;
    }

    @Nullable
    WaitingJob first() {
        return size == 0 ? null : block(from).first();
    }

    void add(WaitingJob job) {
        if (size++ == 0) {
            from = 0;
            to = 0;
            insertBlock(0, WaitingBlock.of(job, true));
            return;
        }
        int place = place(job);
        WaitingBlock block = block(place);
        int index = block.index(job);
        if (!block.full()) {
            insert(place, index, job);
        } else if (index < WaitingBlock.MOST) {
            int cut = Math.max(index, HALF);
            insertBlock(place + 1, block.split(cut));
            sizes[place] = cut;
            insert(place, index, job);
        } else if (place + 1 < to && !block(place + 1).full()) {
            insert(place + 1, 0, job);
        } else {
            insertBlock(place + 1, WaitingBlock.of(job, false));
        }
    }

    /** Removes a job that is in here. */
    void remove(WaitingJob job) {
        int place = place(job);
        WaitingBlock block = block(place);
        block.remove(block.index(job));
        sizes[place]--;
        size--;
        if (sizes[place] == 0) {
            removeBlock(place);
        } else if (sizes[place] < HALF / 2) {
            joinNeighbours(place);
        }
    }

    /** Returns how many jobs precede one, which need not be in here. */
    int before(WaitingJob job) {
        if (size == 0) {
            return 0;
        }
        int place = place(job);
        int within = block(place).index(job);
        return place - from <= to - place ? sum(from, place) + within : size - sum(place, to) + within;
    }

    /** Returns the last block that does not begin after the job; the first if there is none. */
    private int place(WaitingJob job) {
        if (to - from == 1 || job.before(block(from + 1).first())) {
            return from;
        }
        int low = from + 1;
        int high = to - 1;
        if (!job.before(block(high).first())) {
            return high;
        }
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (job.before(block(middle).first())) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return low;
    }

    private int sum(int first, int end) {
        int sum = 0;
        for (int i = first; i < end; i++) {
            sum += sizes[i];
        }
        return sum;
    }

    private void insert(int place, int index, WaitingJob job) {
        block(place).insert(index, job);
        sizes[place]++;
    }

    private void joinNeighbours(int place) {
        if (place + 1 < to && sizes[place] + sizes[place + 1] <= HALF) {
            join(place);
        } else if (place > from && sizes[place - 1] + sizes[place] <= HALF) {
            join(place - 1);
        }
    }

    private void join(int place) {
        block(place).append(block(place + 1));
        sizes[place] += sizes[place + 1];
        removeBlock(place + 1);
    }

    private void insertBlock(int place, WaitingBlock block) {
        if (to == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * to);
            sizes = Arrays.copyOf(sizes, 2 * to);
        }
        System.arraycopy(blocks, place, blocks, place + 1, to - place);
        System.arraycopy(sizes, place, sizes, place + 1, to - place);
        blocks[place] = block;
        sizes[place] = block.size();
        to++;
    }

    private void removeBlock(int place) {
        if (place == from) {
            blocks[from++] = null;
        } else {
            System.arraycopy(blocks, place + 1, blocks, place, to - place - 1);
            System.arraycopy(sizes, place + 1, sizes, place, to - place - 1);
            blocks[--to] = null;
        }
        if (from > to - from && blocks.length > LEAST) {
            pack();
        }
    }

    /** Compacts the front, and halves the array if most of it is free. */
    private void pack() {
        int used = to - from;
        int length = used < blocks.length / 4 ? Math.max(LEAST, blocks.length / 2) : blocks.length;
        @Nullable WaitingBlock[] packed = new WaitingBlock[length];
        int[] packedSizes = new int[length];
        System.arraycopy(blocks, from, packed, 0, used);
        System.arraycopy(sizes, from, packedSizes, 0, used);
        blocks = packed;
        sizes = packedSizes;
        from = 0;
        to = used;
    }

    private WaitingBlock block(int place) {
        return Objects.requireNonNull(blocks[place]);
    }
}
