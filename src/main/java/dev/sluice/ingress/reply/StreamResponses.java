package dev.sluice.ingress.reply;

import dev.sluice.events.AnswerPart;
import dev.sluice.events.Answers;
import dev.sluice.events.BrokenAnswerException;
import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.exchange.Response;
import dev.sluice.ingress.header.EntityTags;
import dev.sluice.ingress.header.StreamOffset;
import dev.sluice.job.Job;
import dev.sluice.journal.Answer;
import dev.sluice.representation.JsonWriter;
import dev.sluice.representation.Representations.Resource;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The responses of an output that is read as a Durable Stream (PROTOCOL.md of durable-streams, sections 5.5 to 5.8). The stream is
 * binary, whatever the backend's media type.
 */
public final class StreamResponses {

    /** Bytes of a response that does not wait for more. */
    static final long LARGEST = 1024 * 1024;

    /** The longest life of a live connection. */
    private static final Duration LIFE = Duration.ofSeconds(55);

    private static final AsciiString BYTES = AsciiString.cached("application/octet-stream");
    private static final AsciiString EVENTS = AsciiString.cached("text/event-stream");
    private static final AsciiString NEXT = AsciiString.cached("Stream-Next-Offset");
    private static final AsciiString UP_TO_DATE = AsciiString.cached("Stream-Up-To-Date");
    private static final AsciiString CLOSED = AsciiString.cached("Stream-Closed");
    private static final AsciiString CURSOR = AsciiString.cached("Stream-Cursor");
    private static final AsciiString ENCODING = AsciiString.cached("stream-sse-data-encoding");
    private static final AsciiString CONTENT_TYPE_OPTIONS = AsciiString.cached("X-Content-Type-Options");

    private final Answers answers;
    private final JobResponses responses;
    private final Clock clock;

    public StreamResponses(Answers answers, JobResponses responses, Clock clock) {
        this.answers = answers;
        this.responses = responses;
        this.clock = clock;
    }

    /** HEAD: where the stream ends at present. */
    public Mono<Void> metadata(Exchange exchange, Job job, StreamTail tail) {
        Answer answer = tail.answer();
        StreamOffset end = answer == null ? tail.from() : new StreamOffset(answer.attempt(), answer.size());
        Response response = fields(exchange, job, end, true, tail.isClosed())
                .with(HeaderNames.CONTENT_TYPE, BYTES)
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE);
        return response.head(200, -1);
    }

    /**
     * What is stored from the position on, as far as one response takes it.
     *
     * @param tagged whether the response may be asked for again under the same URL
     */
    public Mono<Void> stored(Exchange exchange, Job job, StreamTail tail, boolean tagged) {
        Answer answer = tail.answer();
        StreamOffset from = tail.from();
        long size = answer == null ? 0 : answer.size();
        StreamOffset end = new StreamOffset(from.attempt(), Math.min(size, from.bytes() + LARGEST));
        boolean last = end.bytes() == size;
        boolean closed = last && tail.isClosed();
        Response response = fields(exchange, job, end, last, closed).with(HeaderNames.CONTENT_TYPE, BYTES);
        if (!tagged) {
            response.with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE);
        } else {
            String tag = "\"" + job.id() + ":" + from + ":" + end + (closed ? ":c" : "") + "\"";
            response.with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_CACHE).with(HeaderNames.ETAG, tag);
            if (EntityTags.match(exchange.fields(HttpHeaderNames.IF_NONE_MATCH), tag)) {
                return response.send(304);
            }
        }
        long length = end.bytes() - from.bytes();
        return length == 0
                ? response.head(200, 0)
                : response.send(
                        200,
                        length,
                        BodyPart.first(Objects.requireNonNull(answer).bodyFrom().apply(from.bytes()), length));
    }

    /** As {@link #stored}, in response to a long poll. */
    public Mono<Void> polled(Exchange exchange, Job job, StreamTail tail) {
        if (tail.hasMore()) {
            cursor(exchange);
            return stored(exchange, job, tail, true);
        } else if (!tail.isClosed()) {
            cursor(exchange);
        }
        return fields(exchange, job, tail.from(), true, tail.isClosed())
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE)
                .send(204);
    }

    /**
     * What is stored from the position on and what arrives, as server-sent events.
     *
     * @param begun waits for the answer to begin, if there is none yet, and gives its attempt; empty if none will
     */
    public Mono<Void> live(Exchange exchange, Job job, StreamTail tail, Mono<Integer> begun) {
        linked(exchange, job)
                .with(HeaderNames.CONTENT_TYPE, EVENTS)
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE)
                .with(ENCODING, "base64")
                .unbuffered();
        String sent = exchange.target().parameter("cursor");
        StreamOffset from = tail.from();
        Flux<byte[]> first =
                tail.hasMore() || tail.isClosed() ? Flux.empty() : Flux.just(control(from, sent, true, false));
        Flux<byte[]> rest = tail.answer() == null
                ? begun.flatMapMany(attempt -> events(job, new StreamOffset(attempt, 0), sent, Answers.Until.DRAINING))
                : events(job, from, sent, tail.isClosed() ? Answers.Until.END : Answers.Until.DRAINING);
        return exchange.response().stream(first.concatWith(rest)
                .takeUntilOther(Mono.delay(LIFE))
                .onErrorResume(BrokenAnswerException.class, broken -> Mono.empty())); // the reader comes back
    }

    private Flux<byte[]> events(Job job, StreamOffset from, @Nullable String sent, Answers.Until until) {
        return Flux.defer(() -> {
            StreamOffset[] last = {from};
            return answers.follow(job.id(), from.attempt(), from.bytes(), until)
                    .map(part -> {
                        last[0] = new StreamOffset(from.attempt(), part.end());
                        return event(part, control(last[0], sent, part.atTail(), false));
                    })
                    .concatWith(Mono.fromSupplier(() -> control(last[0], sent, true, true)));
        });
    }

    private static byte[] event(AnswerPart part, byte[] control) {
        byte[] head = "event: data\ndata: ".getBytes(StandardCharsets.US_ASCII);
        byte[] data = Base64.getEncoder().encode(part.bytes());
        byte[] event = new byte[head.length + data.length + 2 + control.length];
        System.arraycopy(head, 0, event, 0, head.length);
        System.arraycopy(data, 0, event, head.length, data.length);
        event[head.length + data.length] = '\n';
        event[head.length + data.length + 1] = '\n';
        System.arraycopy(control, 0, event, event.length - control.length, control.length);
        return event;
    }

    private byte[] control(StreamOffset next, @Nullable String sent, boolean upToDate, boolean closed) {
        JsonWriter json = new JsonWriter().begin().member("streamNextOffset", next.toString());
        if (!closed) {
            json.member("streamCursor", StreamCursor.next(sent, clock.instant()));
        }
        if (upToDate) {
            json.member("upToDate", true);
        }
        if (closed) {
            json.member("streamClosed", true);
        }
        String data = new String(json.end().bytes(), StandardCharsets.UTF_8);
        return ("event: control\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private void cursor(Exchange exchange) {
        exchange.response().with(CURSOR, StreamCursor.next(exchange.target().parameter("cursor"), clock.instant()));
    }

    private Response linked(Exchange exchange, Job job) {
        String link = responses.choose(exchange, job, Resource.RESULT).resultLink(JobResponses.view(exchange, job));
        return exchange.response().with(HeaderNames.LINK, link);
    }

    private Response fields(Exchange exchange, Job job, StreamOffset next, boolean upToDate, boolean closed) {
        Response response = linked(exchange, job).with(NEXT, next.toString()).with(CONTENT_TYPE_OPTIONS, "nosniff");
        if (next.attempt() > 0) {
            response.with(AnswerResponses.ATTEMPT, Integer.toString(next.attempt()));
        }
        if (upToDate) {
            response.with(UP_TO_DATE, "true");
        }
        if (closed) {
            response.with(CLOSED, "true");
        }
        return response;
    }
}
