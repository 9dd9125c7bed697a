package dev.sluice.ingress;

import dev.sluice.events.AnswerStanding;
import dev.sluice.events.JobWatch;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.route.Route;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;

/**
 * Looks jobs up for the handlers, at once or when something has happened. All give the job on the event loop of the exchange
 * and are refused as {@code no-job} or {@code job-expired} if it is not there.
 */
final class Jobs {

    /** For waits that end with the job or with the client. */
    static final Duration AS_LONG_AS_IT_TAKES = Duration.ofDays(3650);

    private final JobReader journal;
    private final JobWatch watch;
    private final Clock clock;

    Jobs(JobReader journal, JobWatch watch, Clock clock) {
        this.journal = journal;
        this.watch = watch;
        this.clock = clock;
    }

    /** The job as it stands. */
    Mono<Lookup.Known> find(Exchange exchange, JobId id) {
        return known(exchange, journal.find(id));
    }

    /** The job when it is finished, or as it stands after {@code atMost}. */
    Mono<Lookup.Known> finished(Exchange exchange, JobId id, Duration atMost) {
        return known(exchange, watch.finished(id, atMost));
    }

    /** The job when it has an event after the number {@code seen} that is not output, or as it stands after {@code atMost}. */
    Mono<Lookup.Known> changed(Exchange exchange, JobId id, long seen, Duration atMost) {
        return known(exchange, watch.changed(id, seen, atMost));
    }

    /** How the answer stands when that is enough, or after {@code atMost}. */
    Mono<AnswerStanding> answer(Exchange exchange, JobId id, Predicate<AnswerStanding> enough, Duration atMost) {
        return watch.answer(id, standing -> isInternal(standing.found()) || enough.test(standing), atMost)
                .publishOn(exchange.loop())
                .filter(standing -> !isInternal(standing.found()))
                .switchIfEmpty(Mono.error(Problems::noJob))
                .doOnNext(standing -> known(standing.found()));
    }

    private Mono<Lookup.Known> known(Exchange exchange, Mono<Lookup> found) {
        return found.publishOn(exchange.loop())
                .filter(lookup -> !isInternal(lookup))
                .switchIfEmpty(Mono.error(Problems::noJob))
                .map(this::known);
    }

    /** Jobs that the gateway made are no client's. */
    private static boolean isInternal(Lookup found) {
        return found instanceof Lookup.Known known && known.job().route().equals(Route.CALLBACKS);
    }

    /** What is due to be erased is gone for clients, whether or not anybody got round to erasing it. */
    private Lookup.Known known(Lookup found) {
        if (found instanceof Lookup.Known known && !known.job().expired(clock.instant())) {
            return known;
        }
        throw Problems.expired();
    }
}
