package dev.sluice.ingress;

import dev.sluice.events.AnswerStanding;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.LastEventId;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.ingress.reply.AnswerResponses;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.ingress.reply.ResultResponses;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Lookup;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * The output of a job: the body of its latest answer, from the beginning and then live. With {@code offset} it is read as a Durable
 * Stream.
 */
final class OutputHandler {

    private final Jobs jobs;
    private final ReadPlaces places;
    private final AnswerResponses answers;
    private final ResultResponses results;
    private final DurableStreamHandler streams;
    private final Draining draining;
    private final Duration maxWait;

    OutputHandler(
            Jobs jobs,
            ReadPlaces places,
            AnswerResponses answers,
            ResultResponses results,
            DurableStreamHandler streams,
            Draining draining,
            Duration maxWait) {
        this.jobs = jobs;
        this.places = places;
        this.answers = answers;
        this.results = results;
        this.streams = streams;
        this.draining = draining;
        this.maxWait = maxWait;
    }

    /** GET and HEAD. */
    Mono<Void> show(Exchange exchange, JobId id) {
        exchange.response().backends();
        String offset = exchange.target().parameter("offset");
        return offset != null ? streams.read(exchange, id, offset) : places.output(() -> follow(exchange, id));
    }

    /** Waits for the answer to begin for as long as the client does, unless it says how long. */
    private Mono<Void> follow(Exchange exchange, JobId id) {
        WaitPreference wait = WaitPreference.of(Preferences.of(exchange.fields()), maxWait);
        Duration most = wait.appliedWait() == null ? Jobs.AS_LONG_AS_IT_TAKES : wait.most();
        return jobs.answer(exchange, id, AnswerStanding::isSettled, most).flatMap(standing -> {
            JobResponses.applied(exchange, wait.appliedWait());
            return answer(exchange, standing);
        });
    }

    private Mono<Void> answer(Exchange exchange, AnswerStanding standing) {
        Lookup.Known known = (Lookup.Known) standing.found();
        Job job = known.job();
        Answer answer = standing.answer();
        if (draining.begun()) {
            exchange.response().closing();
        }
        if (answer != null) {
            return answers.output(
                    exchange, job, answer, LastEventId.of(exchange.fields(), exchange.target()::parameter));
        } else if (job.state().finished()) {
            return results.show(exchange, job);
        }
        return draining.begun() ? Mono.error(Problems.draining()) : results.unfinished(exchange, known);
    }
}
