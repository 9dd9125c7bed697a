package dev.sluice.events;

import dev.sluice.waiting.Share;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A queue of frames that counts its bytes. An empty one holds no collection. Not thread-safe. */
final class SseFrameQueue {

    private final Share share;
    private @Nullable Queue<SseFrame> frames;
    private long bytes;

    SseFrameQueue(Share share) {
        this.share = share;
    }

    void add(SseFrame frame) {
        if (frames == null) {
            frames = new ArrayDeque<>(2);
        }
        frames.add(frame);
        bytes += frame.bytes().length;
        share.take(frame.bytes().length);
    }

    @Nullable
    SseFrame peek() {
        return frames == null ? null : frames.peek();
    }

    @Nullable
    SseFrame poll() {
        SseFrame frame = frames == null ? null : frames.poll();
        if (frame != null) {
            bytes -= frame.bytes().length;
            share.give(frame.bytes().length);
        }
        if (frames != null && frames.isEmpty()) {
            frames = null;
        }
        return frame;
    }

    void clear() {
        frames = null;
        share.give(bytes);
        bytes = 0;
    }

    int size() {
        return frames == null ? 0 : frames.size();
    }

    long bytes() {
        return bytes;
    }
}
