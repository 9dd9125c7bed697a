package dev.sluice.ingress.reply;

import dev.sluice.events.AnswerPart;
import dev.sluice.events.Answers;
import dev.sluice.events.Answers.Until;
import dev.sluice.http.HeaderNames;
import dev.sluice.http.MediaTypes;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.exchange.Response;
import dev.sluice.job.Job;
import dev.sluice.journal.Answer;
import dev.sluice.representation.JobRepresentation;
import dev.sluice.representation.Representations.Resource;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sends the answer to a job while it arrives: status, end-to-end fields and body. The response has a proper end only if the answer
 * had; otherwise the connection, or the stream, is broken off.
 */
public final class AnswerResponses {

    /** Names the attempt whose answer it is. */
    public static final AsciiString ATTEMPT = AsciiString.cached("Sluice-Attempt");

    private static final AsciiString NOT_KEPT = AsciiString.cached("no-store, no-transform");

    /** Fields that speak of the answer as a whole, or of the time when it was given. */
    private static final List<AsciiString> OF_THE_WHOLE = List.of(
            HeaderNames.RETRY_AFTER,
            HeaderNames.ETAG,
            HeaderNames.ACCEPT_RANGES,
            AsciiString.cached("Last-Modified"),
            AsciiString.cached("Content-Range"),
            AsciiString.cached("Content-Digest"),
            AsciiString.cached("Age"),
            AsciiString.cached("Expires"));

    private final Answers answers;
    private final JobResponses responses;

    public AnswerResponses(Answers answers, JobResponses responses) {
        this.answers = answers;
        this.responses = responses;
    }

    /** Answers the request that made the job, with links to where the job is found later. */
    public Mono<Void> direct(Exchange exchange, Job job, Answer answer) {
        JobRepresentation shown = responses.choose(exchange, job, Resource.ROUTE);
        exchange.response()
                .withFields(answer.head().headers(), exchange.prefix())
                .add(HeaderNames.LINK, shown.directLink(JobResponses.view(exchange, job)));
        Flux<AnswerPart> parts = answers.follow(job.id(), answer.attempt(), 0, Until.END);
        return send(exchange, answer, -1, parts.map(AnswerPart::bytes));
    }

    /**
     * Answers a request for the output.
     *
     * @param lastEventId the id of the last event that the reader has, if the answer consists of events; null for none
     */
    public Mono<Void> output(Exchange exchange, Job job, Answer answer, @Nullable String lastEventId) {
        JobRepresentation shown = responses.choose(exchange, job, Resource.RESULT);
        HttpHeaders fields = exchange.response().withFields(answer.head().headers(), exchange.prefix());
        OF_THE_WHOLE.forEach(fields::remove);
        fields.set(HeaderNames.CACHE_CONTROL, NOT_KEPT)
                .add(HeaderNames.LINK, shown.resultLink(JobResponses.view(exchange, job)))
                .set(ATTEMPT, Integer.toString(answer.attempt()));
        if (isEvents(answer)) {
            return events(exchange, job, answer, lastEventId);
        } else if (answer.complete()) {
            return send(exchange, answer, answer.size(), answer.bodyFrom().apply(0));
        }
        return send(exchange, answer, -1, live(job, answer, 0));
    }

    private Flux<byte[]> live(Job job, Answer answer, long from) {
        return answers.follow(job.id(), answer.attempt(), from, Until.DRAINING).map(AnswerPart::bytes);
    }

    private Mono<Void> events(Exchange exchange, Job job, Answer answer, @Nullable String lastEventId) {
        NumberedEvents.Position seen = NumberedEvents.Position.parse(lastEventId);
        long from = seen == null || seen.attempt() != answer.attempt() ? 0 : Math.min(seen.offset(), answer.size());
        Flux<byte[]> body = answer.complete() ? answer.bodyFrom().apply(from) : live(job, answer, from);
        if (from == 0 || !answer.complete()) {
            return send(exchange, answer, -1, numbered(body, answer, from));
        }
        return events(answer, from)
                .hasElements()
                .publishOn(exchange.loop())
                .flatMap(more -> more
                        ? send(exchange, answer, -1, numbered(body, answer, from))
                        : exchange.response().send(204)); // which stops an EventSource for good
    }

    private static Flux<byte[]> events(Answer answer, long from) {
        return Flux.defer(() -> {
            NumberedEvents events = new NumberedEvents(answer.attempt(), from);
            return answer.bodyFrom().apply(from).map(events::take).filter(bytes -> bytes.length > 0);
        });
    }

    private static Flux<byte[]> numbered(Flux<byte[]> body, Answer answer, long from) {
        return Flux.defer(() -> {
            NumberedEvents events = new NumberedEvents(answer.attempt(), from);
            return body.map(events::take)
                    .concatWith(Mono.fromSupplier(events::rest))
                    .filter(bytes -> bytes.length > 0);
        });
    }

    /** Whether it consists of server-sent events that can be read. */
    private static boolean isEvents(Answer answer) {
        return MediaTypes.isEventStream(
                        answer.head().headers().first("Content-Type").orElse(""))
                && answer.head().headers().first("Content-Encoding").isEmpty();
    }

    private static Mono<Void> send(Exchange exchange, Answer answer, long length, Flux<byte[]> body) {
        int status = answer.head().status();
        Response response = exchange.response().unbuffered();
        if (exchange.isHead() || status == 204 || status == 205 || status == 304) {
            return response.head(status, status == 200 ? length : -1);
        }
        return response.pass(status, length, body);
    }
}
