package dev.sluice.events;

import dev.sluice.waiting.Share;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A queue of frames that counts its bytes. Most hold one at a time, for a moment: only more than one need a collection. Not
 * thread-safe.
 */
final class SseFrameQueue {

    private final Share share;
    private @Nullable SseFrame first;
    private @Nullable Queue<SseFrame> others;
    private long bytes;

    SseFrameQueue(Share share) {
        this.share = share;
    }

    void add(SseFrame frame) {
        if (first == null) {
            first = frame;
        } else {
            if (others == null) {
                others = new ArrayDeque<>(2);
            }
            others.add(frame);
        }
        bytes += frame.bytes().length;
        share.take(frame.bytes().length);
    }

    @Nullable
    SseFrame peek() {
        return first;
    }

    @Nullable
    SseFrame poll() {
        SseFrame frame = first;
        if (frame == null) {
            return null;
        }
        first = others == null ? null : others.poll();
        if (first == null) {
            others = null;
        }
        bytes -= frame.bytes().length;
        share.give(frame.bytes().length);
        return frame;
    }

    void clear() {
        first = null;
        others = null;
        share.give(bytes);
        bytes = 0;
    }

    int size() {
        return first == null ? 0 : others == null ? 1 : 1 + others.size();
    }

    long bytes() {
        return bytes;
    }
}
