package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.ingress.reply.ResultResponses;
import dev.sluice.job.JobId;
import dev.sluice.journal.Lookup;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** Serves the result of a job, or says that there is none yet. */
final class ResultHandler {

    private final Jobs jobs;
    private final ReadPlaces places;
    private final ResultResponses results;
    private final Duration maxWait;

    ResultHandler(Jobs jobs, ReadPlaces places, ResultResponses results, Duration maxWait) {
        this.jobs = jobs;
        this.places = places;
        this.results = results;
        this.maxWait = maxWait;
    }

    /** GET and HEAD. */
    Mono<Void> show(Exchange exchange, JobId id) {
        exchange.response().backends();
        WaitPreference wait = WaitPreference.of(Preferences.of(exchange.fields()), maxWait);
        return places.answer(wait, () -> show(exchange, id, wait));
    }

    private Mono<Void> show(Exchange exchange, JobId id, WaitPreference wait) {
        Mono<Lookup.Known> found = wait.none() ? jobs.find(exchange, id) : jobs.finished(exchange, id, wait.most());
        return found.flatMap(known -> {
            JobResponses.applied(exchange, wait.appliedWait());
            return known.job().state().finished()
                    ? results.show(exchange, known.job())
                    : results.unfinished(exchange, known);
        });
    }
}
