package dev.sluice.events;

import dev.sluice.waiting.Share;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Frames that wait for a reader, and how many bytes they have. Without any it holds no queue. For one thread at a time. */
final class Frames {

    private final Share share;
    private @Nullable Queue<Frame> queue;
    private long bytes;

    Frames(Share share) {
        this.share = share;
    }

    void add(Frame frame) {
        if (queue == null) {
            queue = new ArrayDeque<>(2);
        }
        queue.add(frame);
        bytes += frame.bytes().length;
        share.take(frame.bytes().length);
    }

    @Nullable
    Frame peek() {
        return queue == null ? null : queue.peek();
    }

    @Nullable
    Frame poll() {
        Frame frame = queue == null ? null : queue.poll();
        if (frame != null) {
            bytes -= frame.bytes().length;
            share.give(frame.bytes().length);
        }
        if (queue != null && queue.isEmpty()) {
            queue = null;
        }
        return frame;
    }

    void clear() {
        queue = null;
        share.give(bytes);
        bytes = 0;
    }

    boolean isEmpty() {
        return queue == null;
    }

    int size() {
        return queue == null ? 0 : queue.size();
    }

    long bytes() {
        return bytes;
    }
}
