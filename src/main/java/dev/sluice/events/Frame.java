package dev.sluice.events;

import dev.sluice.job.JobEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One block of a {@code text/event-stream}, made once however many readers it is sent to.
 *
 * @param event what it tells; null for a comment
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
        byte[] head =
                ("id: " + event.seq() + "\nevent: " + event.name() + "\ndata: ").getBytes(StandardCharsets.US_ASCII);
        byte[] data = json.event(event);
        byte[] bytes = new byte[head.length + data.length + 2];
        System.arraycopy(head, 0, bytes, 0, head.length);
        System.arraycopy(data, 0, bytes, head.length, data.length);
        bytes[bytes.length - 2] = '\n';
        bytes[bytes.length - 1] = '\n';
        return new Frame(event, bytes);
    }

    private static Frame comment(String text) {
        return new Frame(null, text.getBytes(StandardCharsets.US_ASCII));
    }
}
