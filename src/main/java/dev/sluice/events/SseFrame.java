package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.protection.RouteEvent;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a {@code text/event-stream}, encoded once for all readers. It is either a block, which carries an event or a
 * gap, or lines that belong to the next block: clients disagree about blocks without data, so none is ever sent.
 *
 * @param seq the number of the event; 0 if the frame carries none
 * @param at when the event happened; null if the frame carries none
 * @param last whether the event is the final one of the job or group
 * @param bytes the lines, with the empty line that ends a block; shared, must not be modified
 */
public record SseFrame(long seq, @Nullable Instant at, boolean last, byte[] bytes) {

    private static final SseFrame HEARTBEAT = lines(":\n");

    /** A comment that shows that the connection is alive. */
    static SseFrame heartbeat() {
        return HEARTBEAT;
    }

    /**
     * A comment and the reconnection time, to which up to a half of it is added as jitter, so that readers that are told at
     * the same time do not reconnect at the same time.
     */
    static SseFrame retry(Duration after, RandomGenerator random) {
        long millis = after.toMillis();
        return lines(":\nretry: " + (millis + random.nextLong(millis / 2 + 1)) + "\n");
    }

    /**
     * An event of a job. The data is one line of JSON, in which line breaks are escaped, so that nothing in it can begin
     * another field. The id is the last field: some clients store it as soon as they read it, and would miss an event that
     * is truncated behind it.
     */
    static SseFrame of(JobEvent event, JobJson json) {
        byte[] bytes = block(event.name(), json.event(event), "id: " + event.seq() + "\n");
        return new SseFrame(event.seq(), event.at(), event instanceof JobEvent.Finished, bytes);
    }

    /** An event of a job in the stream of its group, where its number is that in the group. */
    static SseFrame inGroup(long seq, JobEvent event, JobJson json) {
        return new SseFrame(seq, event.at(), false, block(event.name(), json.event(event), "id: " + seq + "\n"));
    }

    /**
     * An event of a group itself.
     *
     * @param data the group as JSON, and what has changed
     */
    static SseFrame ofGroup(long seq, @Nullable Instant at, boolean last, byte[] data) {
        return new SseFrame(seq, at, last, block("group", data, "id: " + seq + "\n"));
    }

    /** An event without an id, for a stream of many jobs, where an event number is no position to resume from. */
    static SseFrame unnumbered(JobEvent event, JobJson json) {
        return new SseFrame(event.seq(), event.at(), false, block(event.name(), json.event(event), ""));
    }

    /** An event of a route, of the name {@code route} and without an id: it is kept nowhere. */
    static SseFrame ofRoute(RouteEvent event) {
        JsonWriter json = new JsonWriter()
                .begin()
                .member("route", event.route())
                .member("at", event.at())
                .member("change", event.change());
        event.details().forEach((name, value) -> {
            if (value instanceof Instant instant) {
                json.member(name, instant);
            } else if (value instanceof Number number) {
                json.member(name, number.longValue());
            } else if (value instanceof Boolean flag) {
                json.member(name, flag.booleanValue());
            } else {
                json.member(name, value.toString());
            }
        });
        return new SseFrame(0, event.at(), false, block("route", json.end().bytes(), ""));
    }

    /**
     * Reports that events are no longer kept. It has no id, since it is no event of the job: a reader that reconnects after
     * it resumes from the event before.
     *
     * @param first the number of the first missing event
     * @param next the number of the first event behind the gap
     * @param at when that one happened
     */
    static SseFrame gap(JobId job, long first, long next, Instant at) {
        return new SseFrame(0, null, false, block("gap", JobJson.gap(job, first, next - 1, at), ""));
    }

    private static byte[] block(String name, byte[] data, String id) {
        byte[] head = ("event: " + name + "\ndata: ").getBytes(StandardCharsets.US_ASCII);
        byte[] tail = ("\n" + id + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = Arrays.copyOf(head, head.length + data.length + tail.length);
        System.arraycopy(data, 0, bytes, head.length, data.length);
        System.arraycopy(tail, 0, bytes, head.length + data.length, tail.length);
        return bytes;
    }

    private static SseFrame lines(String text) {
        return new SseFrame(0, null, false, text.getBytes(StandardCharsets.US_ASCII));
    }
}
