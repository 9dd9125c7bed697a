package dev.sluice.events;

import dev.sluice.job.JobEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One block of a {@code text/event-stream}, made once however many readers it is sent to.
 *
 * @param event what it tells; null for a comment or a gap
 * @param bytes the block with the empty line that ends it; shared, not to be written to
 */
public record Frame(@Nullable JobEvent event, byte[] bytes) {

    private static final Frame HEARTBEAT = comment(":\n\n");

    /** A block that says nothing but that the connection lives. */
    static Frame heartbeat() {
        return HEARTBEAT;
    }

    /** A block without an event that says when to come back. */
    static Frame retry(Duration after) {
        return comment(":\nretry: " + after.toMillis() + "\n\n");
    }

    /** The data is one line of JSON, in which line breaks are escaped: nothing in it can begin another field. */
    static Frame of(JobEvent event, JobJson json) {
        return new Frame(event, block("id: " + event.seq() + "\nevent: " + event.name(), json.event(event)));
    }

    /** Without an id, for a stream in which the numbers of many jobs mix, so that nobody could resume after one. */
    static Frame unnumbered(JobEvent event, JobJson json) {
        return new Frame(event, block("event: " + event.name(), json.event(event)));
    }

    /**
     * Says that events are no longer kept. It has no id, being no event of the job: a reader that comes back from here asks
     * for what it asked for before.
     *
     * @param next the first event that is kept again
     * @param first the number of the first that is not
     */
    static Frame gap(JobEvent next, long first) {
        return new Frame(null, block("event: gap", JobJson.gap(next, first)));
    }

    private static byte[] block(String fields, byte[] data) {
        byte[] head = (fields + "\ndata: ").getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = new byte[head.length + data.length + 2];
        System.arraycopy(head, 0, bytes, 0, head.length);
        System.arraycopy(data, 0, bytes, head.length, data.length);
        bytes[bytes.length - 2] = '\n';
        bytes[bytes.length - 1] = '\n';
        return bytes;
    }

    private static Frame comment(String text) {
        return new Frame(null, text.getBytes(StandardCharsets.US_ASCII));
    }
}
