package dev.sluice.ingress;

import dev.sluice.events.EventStream;
import dev.sluice.events.SlowReaderException;
import dev.sluice.events.SseFrame;
import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.LastEventId;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import io.netty.util.AsciiString;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the event streams of jobs and groups have in common as responses ({@code text/event-stream}). */
final class EventResponses {

    private static final AsciiString EVENT_STREAM = AsciiString.cached("text/event-stream");
    private static final AsciiString AS_IT_IS = AsciiString.cached("no-store, no-transform");
    private static final int MOST_DIGITS = 18;

    private final EventStream events;
    private final Draining draining;

    EventResponses(EventStream events, Draining draining) {
        this.events = events;
        this.draining = draining;
    }

    /** Sends frames until they end. */
    Mono<Void> stream(Exchange exchange, Flux<SseFrame> frames) {
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
        return exchange.response()
                .lastingStream(frames.map(SseFrame::bytes))
                .onErrorResume(SlowReaderException.class, slow -> {
                    exchange.response().abort();
                    return Mono.empty();
                });
    }

    /** A browser's {@code EventSource} gives up for good on any other status than 200. */
    Mono<Void> later(Exchange exchange) {
        exchange.response().closing();
        return stream(exchange, events.later());
    }

    /** There is nothing to be told any more, which stops an {@code EventSource} for good. */
    static Mono<Void> nothingMore(Exchange exchange) {
        return exchange.response()
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE)
                .send(204);
    }

    /** Whether a reader is better told to come back than answered with an error. */
    static boolean isPassing(Throwable error) {
        return error instanceof JournalUnavailableException || error instanceof JournalOverloadedException;
    }

    /** The number of the last event that the reader has seen; empty if it names none, or something that is no number. */
    static OptionalLong lastSeen(Exchange exchange) {
        return number(LastEventId.of(exchange.fields(), exchange.target()::parameter));
    }

    /** Too long is beyond any event there can be. */
    private static OptionalLong number(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return OptionalLong.empty();
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return OptionalLong.empty();
            }
        }
        return OptionalLong.of(text.length() > MOST_DIGITS ? Long.MAX_VALUE : Long.parseLong(text));
    }
}
