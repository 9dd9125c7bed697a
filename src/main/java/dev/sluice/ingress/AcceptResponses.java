package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.ingress.reply.ResultResponses;
import dev.sluice.job.Job;
import dev.sluice.journal.Lookup;
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

    AcceptResponses(Jobs jobs, ReadPlaces places, JobResponses responses, ResultResponses results) {
        this.jobs = jobs;
        this.places = places;
        this.responses = responses;
        this.results = results;
    }

    /** The backend's answer if it is there before patience is over, else 202. */
    Mono<Void> reply(Exchange exchange, Lookup.Known known, WaitPreference wait) {
        if (wait.none()) {
            return responses.accepted(exchange, known, wait);
        } else if (known.job().state().finished()) {
            return direct(exchange, known.job(), wait);
        }
        return places.awaitResponse(
                () -> await(exchange, known, wait), () -> responses.accepted(exchange, known, wait.withoutWait()));
    }

    private Mono<Void> await(Exchange exchange, Lookup.Known known, WaitPreference wait) {
        return jobs.finished(exchange, known.job().id(), wait.most())
                .flatMap(later -> later.job().state().finished()
                        ? direct(exchange, later.job(), wait)
                        : responses.accepted(exchange, later, wait));
    }

    private Mono<Void> direct(Exchange exchange, Job job, WaitPreference wait) {
        String applied = wait.appliedWait();
        if (applied != null) {
            exchange.response().always(Preferences.APPLIED, applied); // also when the answer is that there was none
        }
        return results.direct(exchange, job);
    }
}
