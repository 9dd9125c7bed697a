package dev.sluice.ingress;

import dev.sluice.events.AnswerStanding;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.ingress.reply.AnswerResponses;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.ingress.reply.ResultResponses;
import dev.sluice.job.Job;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Lookup;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * Tells a client what has become of the request that made a job. The job is on stable storage by then: a client that goes
 * away while it waits has lost nothing.
 */
final class AcceptResponses {

    private final Jobs jobs;
    private final ReadPlaces places;
    private final JobResponses responses;
    private final ResultResponses results;
    private final AnswerResponses answers;

    AcceptResponses(
            Jobs jobs, ReadPlaces places, JobResponses responses, ResultResponses results, AnswerResponses answers) {
        this.jobs = jobs;
        this.places = places;
        this.responses = responses;
        this.results = results;
        this.answers = answers;
    }

    /** The backend's answer if it is there, or is a stream and has begun, before patience is over, else 202. */
    Mono<Void> reply(Exchange exchange, Lookup.Known known, WaitPreference wait) {
        if (wait.none()) {
            return responses.accepted(exchange, known, wait);
        } else if (known.job().state().finished()) {
            return direct(exchange, known.job(), wait);
        }
        return places.awaitResponse(
                        () -> await(exchange, known, wait),
                        () -> Mono.just(() -> responses.accepted(exchange, known, wait.withoutWait())))
                .flatMap(Supplier::get);
    }

    /** What to do when the wait is over, which is done outside the place for those who wait. */
    private Mono<Supplier<Mono<Void>>> await(Exchange exchange, Lookup.Known known, WaitPreference wait) {
        return jobs.answer(exchange, known.job().id(), AnswerStanding::isSettled, wait.most())
                .<Supplier<Mono<Void>>>map(standing -> () -> settled(exchange, standing, wait))
                .onErrorResume(
                        EventResponses::isPassing, // told what it is known of: it would send its request again
                        away -> Mono.just(() -> responses.accepted(exchange, known, wait.withoutWait())));
    }

    private Mono<Void> settled(Exchange exchange, AnswerStanding standing, WaitPreference wait) {
        Lookup.Known later = (Lookup.Known) standing.found();
        Answer answer = standing.answer();
        if (later.job().state().finished()) {
            return direct(exchange, later.job(), wait);
        } else if (answer == null) {
            return responses.accepted(exchange, later, wait);
        }
        return places.answerLive(
                () -> {
                    waited(exchange, wait);
                    return answers.direct(exchange, later.job(), answer);
                },
                () -> responses.accepted(exchange, later, wait.withoutWait()));
    }

    private Mono<Void> direct(Exchange exchange, Job job, WaitPreference wait) {
        waited(exchange, wait);
        return results.direct(exchange, job);
    }

    private static void waited(Exchange exchange, WaitPreference wait) {
        String applied = wait.appliedWait();
        if (applied != null) {
            exchange.response().always(Preferences.APPLIED, applied); // also when the answer is that there was none
        }
    }
}
