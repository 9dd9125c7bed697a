package dev.sluice.ingress;

import dev.sluice.events.EventStream;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import io.netty.buffer.Unpooled;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The event stream of a job ({@code text/event-stream}). */
final class EventsHandler {

    private static final AsciiString EVENT_STREAM = AsciiString.cached("text/event-stream");
    private static final AsciiString AS_IT_IS = AsciiString.cached("no-store, no-transform");
    private static final String LAST_EVENT_ID = "Last-Event-ID";
    private static final int MOST_DIGITS = 18;

    private final Jobs jobs;
    private final EventStream events;
    private final Draining draining;

    EventsHandler(Jobs jobs, EventStream events, Draining draining) {
        this.jobs = jobs;
        this.events = events;
        this.draining = draining;
    }

    /** GET and HEAD. A reader that has seen the final event is told 204, which stops an {@code EventSource} for good. */
    Mono<Void> follow(Exchange exchange, JobId id) {
        return jobs.find(exchange, id).flatMap(known -> {
            Job job = known.job();
            long seen = Math.min(lastSeen(exchange), job.lastSeq());
            if (job.state().finished() && seen == job.lastSeq()) {
                return exchange.answer().send(204);
            }
            return stream(exchange, job, seen);
        });
    }

    private Mono<Void> stream(Exchange exchange, Job job, long seen) {
        exchange.answer()
                .with(Fields.CONTENT_TYPE, EVENT_STREAM)
                .with(Fields.CACHE_CONTROL, AS_IT_IS)
                .with("X-Accel-Buffering", "no");
        if (draining.begun()) {
            exchange.answer().closing();
        }
        if (exchange.isHead()) {
            return exchange.answer().send(200);
        }
        return exchange.answer().stream(events.of(job.id(), seen, exchange.prefix())
                // Not passed on: what waits for the socket would have to be sent first, and the socket takes nothing.
                .doOnError(error -> exchange.answer().abort())
                .map(frame -> Unpooled.wrappedBuffer(frame.bytes())));
    }

    private static long lastSeen(Exchange exchange) {
        String field = exchange.field(LAST_EVENT_ID);
        return number(field != null ? field : exchange.target().parameter("last_event_id"));
    }

    /** Malformed is as none; too long is beyond any event there can be. */
    private static long number(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return 0;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return 0;
            }
        }
        return text.length() > MOST_DIGITS ? Long.MAX_VALUE : Long.parseLong(text);
    }
}
