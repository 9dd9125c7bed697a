package dev.sluice.ingress;

import dev.sluice.events.AnswerStanding;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.StreamOffset;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.ingress.reply.ResultResponses;
import dev.sluice.ingress.reply.StreamResponses;
import dev.sluice.ingress.reply.StreamTail;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Lookup;
import dev.sluice.representation.ProblemException;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** Reads the output of a job as a Durable Stream: what there is, by long polls, or live as server-sent events. */
final class DurableStreamHandler {

    private static final Duration LONGEST_POLL = Duration.ofSeconds(30);

    private final Jobs jobs;
    private final ReadPlaces places;
    private final StreamResponses responses;
    private final ResultResponses results;
    private final Draining draining;
    private final Duration poll;

    DurableStreamHandler(
            Jobs jobs,
            ReadPlaces places,
            StreamResponses responses,
            ResultResponses results,
            Draining draining,
            Duration maxWait) {
        this.jobs = jobs;
        this.places = places;
        this.responses = responses;
        this.results = results;
        this.draining = draining;
        this.poll = maxWait.compareTo(LONGEST_POLL) < 0 ? maxWait : LONGEST_POLL;
    }

    /** GET and HEAD with {@code offset}. */
    Mono<Void> read(Exchange exchange, JobId id, String offset) {
        StreamOffset from = StreamOffset.parse(offset);
        String live = exchange.target().parameter("live");
        if (exchange.isHead() || live == null) {
            return places.read(() -> stored(exchange, id, from));
        } else if (live.equals("long-poll")) {
            return poll(exchange, id, from);
        } else if (live.equals("sse")) {
            return places.output(() -> follow(exchange, id, from));
        }
        throw new ProblemException(Problem.BAD_REQUEST, "The parameter live is neither long-poll nor sse.");
    }

    private Mono<AnswerStanding> now(Exchange exchange, JobId id) {
        return jobs.answer(exchange, id, standing -> true, Duration.ZERO);
    }

    private Mono<Void> stored(Exchange exchange, JobId id, StreamOffset from) {
        return now(exchange, id).flatMap(standing -> {
            Job job = job(standing);
            closeIfDraining(exchange);
            if (isWithoutAnswer(standing)) {
                return results.show(exchange, job);
            }
            StreamTail tail = StreamTail.of(from, standing);
            return exchange.isHead()
                    ? responses.metadata(exchange, job, tail)
                    : responses.stored(exchange, job, tail, !from.equals(StreamOffset.NOW));
        });
    }

    private Mono<Void> poll(Exchange exchange, JobId id, StreamOffset from) {
        return places.longPoll(() -> now(exchange, id).flatMap(standing -> {
                    StreamOffset at = isWithoutAnswer(standing)
                            ? from
                            : StreamTail.of(from, standing).from();
                    if (StreamTail.hasNews(at, standing)) {
                        return Mono.just(new Polled(at, standing));
                    } else if (draining.begun()) { // it would not wait, and be asked again at once
                        return Mono.error(Problems.draining());
                    }
                    return jobs.answer(exchange, id, later -> StreamTail.hasNews(at, later), poll)
                            .map(later -> new Polled(at, later));
                }))
                .flatMap(polled -> polled(exchange, polled));
    }

    private Mono<Void> polled(Exchange exchange, Polled polled) {
        Job job = job(polled.standing());
        closeIfDraining(exchange);
        return isWithoutAnswer(polled.standing())
                ? results.show(exchange, job)
                : responses.polled(exchange, job, StreamTail.of(polled.at(), polled.standing()));
    }

    private record Polled(StreamOffset at, AnswerStanding standing) {}

    private Mono<Void> follow(Exchange exchange, JobId id, StreamOffset from) {
        return now(exchange, id).flatMap(standing -> {
            Job job = job(standing);
            StreamTail tail = isWithoutAnswer(standing) ? null : StreamTail.of(from, standing);
            closeIfDraining(exchange);
            if (tail == null) {
                return results.show(exchange, job);
            } else if (draining.begun() && !tail.isClosed()) {
                return Mono.error(Problems.draining());
            }
            Mono<Integer> begun = jobs.answer(exchange, id, AnswerStanding::isSettled, Jobs.AS_LONG_AS_IT_TAKES)
                    .mapNotNull(AnswerStanding::answer)
                    .map(Answer::attempt);
            return responses.live(exchange, job, tail, begun);
        });
    }

    private void closeIfDraining(Exchange exchange) {
        if (draining.begun()) {
            exchange.response().closing();
        }
    }

    private static boolean isWithoutAnswer(AnswerStanding standing) {
        return standing.isEnded() && standing.answer() == null;
    }

    private static Job job(AnswerStanding standing) {
        return ((Lookup.Known) standing.found()).job();
    }
}
