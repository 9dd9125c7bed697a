package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One piece of a {@code text/event-stream}, made once however many readers it is sent to. There are blocks, which tell an
 * event or a gap, and lines that belong to the block that comes next: clients differ in what they make of a block
 * without data, so none is ever sent.
 *
 * @param seq the number of the event; 0 if it tells none
 * @param at when that happened; null if it tells none
 * @param last whether the event is the job's last
 * @param bytes the lines, with the empty one that ends a block; shared, not to be written to
 */
public record Frame(long seq, @Nullable Instant at, boolean last, byte[] bytes) {

    private static final Frame HEARTBEAT = lines(":\n");

    /** A comment, which says nothing but that the connection lives. */
    static Frame heartbeat() {
        return HEARTBEAT;
    }

    /**
     * A comment, and when to come back: in so many milliseconds or up to half as many more, so that those who are
     * told at the same time do not come back at the same time.
     */
    static Frame retry(Duration after, RandomGenerator random) {
        long millis = after.toMillis();
        return lines(":\nretry: " + (millis + random.nextLong(millis / 2 + 1)) + "\n");
    }

    /**
     * The data is one line of JSON, in which line breaks are escaped: nothing in it can begin another field. The id is the
     * last field: some clients take it as seen as soon as they read it, and would miss an event that is cut behind it.
     */
    static Frame of(JobEvent event, JobJson json) {
        byte[] bytes = block(event.name(), json.event(event), "id: " + event.seq() + "\n");
        return new Frame(event.seq(), event.at(), event instanceof JobEvent.Finished, bytes);
    }

    /** Without an id, for a stream in which the numbers of many jobs mix, so that nobody could resume after one. */
    static Frame unnumbered(JobEvent event, JobJson json) {
        return new Frame(event.seq(), event.at(), false, block(event.name(), json.event(event), ""));
    }

    /**
     * Says that events are no longer kept. It has no id, being no event of the job: a reader that comes back from here asks
     * for what it asked for before.
     *
     * @param first the number of the first that is not kept
     * @param next the number of the first that is kept again
     * @param at when that happened
     */
    static Frame gap(JobId job, long first, long next, Instant at) {
        return new Frame(0, null, false, block("gap", JobJson.gap(job, first, next - 1, at), ""));
    }

    private static byte[] block(String name, byte[] data, String id) {
        byte[] head = ("event: " + name + "\ndata: ").getBytes(StandardCharsets.US_ASCII);
        byte[] tail = ("\n" + id + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = Arrays.copyOf(head, head.length + data.length + tail.length);
        System.arraycopy(data, 0, bytes, head.length, data.length);
        System.arraycopy(tail, 0, bytes, head.length + data.length, tail.length);
        return bytes;
    }

    private static Frame lines(String text) {
        return new Frame(0, null, false, text.getBytes(StandardCharsets.US_ASCII));
    }
}
