package dev.sluice.ingress;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import reactor.core.publisher.Mono;

/** Looks jobs up for the handlers. */
final class Jobs {

    private final Journal journal;

    Jobs(Journal journal) {
        this.journal = journal;
    }

    /** The job on the event loop of the exchange; refused as {@code no-job} or {@code job-expired} if it is not there. */
    Mono<Job> find(Exchange exchange, JobId id) {
        return journal.find(id)
                .publishOn(exchange.loop())
                .switchIfEmpty(Mono.error(Refusals::noJob))
                .map(Jobs::known);
    }

    private static Job known(Lookup lookup) {
        if (lookup instanceof Lookup.Known known) {
            return known.job();
        }
        throw Refusals.expired();
    }
}
