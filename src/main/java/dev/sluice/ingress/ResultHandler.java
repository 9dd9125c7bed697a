package dev.sluice.ingress;

import dev.sluice.job.JobId;
import dev.sluice.journal.Lookup;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** Serves the result of a job, or says that there is none yet. */
final class ResultHandler {

    private final Jobs jobs;
    private final JobAnswers answers;
    private final ResultAnswers results;
    private final Duration maxWait;

    ResultHandler(Jobs jobs, JobAnswers answers, ResultAnswers results, Duration maxWait) {
        this.jobs = jobs;
        this.answers = answers;
        this.results = results;
        this.maxWait = maxWait;
    }

    /** GET and HEAD. */
    Mono<Void> show(Exchange exchange, JobId id) {
        exchange.answer().backends();
        Patience patience = Patience.of(Preferences.of(exchange.fields()), maxWait);
        Mono<Lookup.Known> found =
                patience.none() ? jobs.find(exchange, id) : jobs.finished(exchange, id, patience.most());
        return found.flatMap(known -> {
            JobAnswers.applied(exchange, patience.appliedWait());
            return known.job().state().finished() ? results.show(exchange, known.job()) : unfinished(exchange, known);
        });
    }

    private Mono<Void> unfinished(Exchange exchange, Lookup.Known known) {
        exchange.answer()
                .with(Fields.LOCATION, answers.self(exchange, known.job()))
                .with(Fields.CACHE_CONTROL, Fields.NO_STORE);
        return answers.send(exchange, 202, known);
    }
}
