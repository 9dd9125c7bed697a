package dev.sluice.ingress;

import dev.sluice.events.EventStream;
import dev.sluice.events.SlowReaderException;
import dev.sluice.events.SseFrame;
import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.LastEventId;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The event stream of a job ({@code text/event-stream}). */
final class EventsHandler {

    private static final AsciiString EVENT_STREAM = AsciiString.cached("text/event-stream");
    private static final AsciiString AS_IT_IS = AsciiString.cached("no-store, no-transform");
    private static final int MOST_DIGITS = 18;

    private final Jobs jobs;
    private final ReadPlaces places;
    private final EventStream events;
    private final Draining draining;

    EventsHandler(Jobs jobs, ReadPlaces places, EventStream events, Draining draining) {
        this.jobs = jobs;
        this.places = places;
        this.events = events;
        this.draining = draining;
    }

    /** GET and HEAD. A reader that has seen the final event is told 204, which stops an {@code EventSource} for good. */
    Mono<Void> follow(Exchange exchange, JobId id) {
        return places.stream(() -> find(exchange, id), () -> later(exchange));
    }

    private Mono<Void> find(Exchange exchange, JobId id) {
        return jobs.find(exchange, id)
                .map(known -> answer(exchange, known.job()))
                .onErrorResume(EventsHandler::isPassing, away -> Mono.just(later(exchange)))
                .flatMap(answer -> answer);
    }

    private Mono<Void> answer(Exchange exchange, Job job) {
        long seen = Math.min(lastSeen(exchange), job.lastSeq());
        return job.state().finished() && seen == job.lastSeq()
                ? exchange.response()
                        .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE)
                        .send(204)
                : stream(exchange, events.of(job.id(), seen, exchange.prefix()));
    }

    /** A browser's {@code EventSource} gives up for good on any other status than 200. */
    private Mono<Void> later(Exchange exchange) {
        exchange.response().closing();
        return stream(exchange, events.later());
    }

    private static boolean isPassing(Throwable error) {
        return error instanceof JournalUnavailableException || error instanceof JournalOverloadedException;
    }

    private Mono<Void> stream(Exchange exchange, Flux<SseFrame> frames) {
        exchange.response()
                .with(HeaderNames.CONTENT_TYPE, EVENT_STREAM)
                .with(HeaderNames.CACHE_CONTROL, AS_IT_IS)
                .unbuffered();
        if (draining.begun()) {
            exchange.response().closing();
        }
        if (exchange.isHead()) {
            return exchange.response().send(200);
        }
        return exchange.response().stream(frames.map(SseFrame::bytes))
                .onErrorResume(SlowReaderException.class, slow -> {
                    exchange.response().abort();
                    return Mono.empty();
                });
    }

    private static long lastSeen(Exchange exchange) {
        return number(LastEventId.of(exchange.fields(), exchange.target()::parameter));
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
