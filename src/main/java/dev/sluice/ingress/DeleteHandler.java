package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.exchange.Target;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.Lookup;
import dev.sluice.representation.JobRepresentation;
import dev.sluice.representation.ProblemException;
import dev.sluice.representation.Representations.Resource;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * Cancels jobs, and erases those that a client asks to be erased. Clients and proxies repeat a {@code DELETE} whose answer
 * was lost, so a cancel changes nothing the second time, and never erases anything.
 */
final class DeleteHandler {

    private static final String ERASE = "erase";

    /** How long an end that is being recorded is waited for. */
    private static final Duration SETTLING = Duration.ofSeconds(10);

    private final JobIntake journal;
    private final Jobs jobs;
    private final JobResponses responses;

    DeleteHandler(JobIntake journal, Jobs jobs, JobResponses responses) {
        this.journal = journal;
        this.jobs = jobs;
        this.responses = responses;
    }

    /** DELETE. */
    Mono<Void> delete(Exchange exchange, JobId id) {
        boolean erase = erases(exchange.target());
        return jobs.find(exchange, id)
                .map(Lookup.Known::job)
                .flatMap(job -> job.state().finished() ? Mono.just(job) : ended(exchange, id, erase))
                .flatMap(job -> erase ? erase(exchange, id) : cancelled(exchange, job));
    }

    /**
     * Whether a request asks to erase.
     *
     * @throws ProblemException {@code bad-request} if it says neither that nor nothing
     */
    static boolean erases(Target target) {
        boolean erase = false;
        for (String value : target.parameters(ERASE)) {
            if (!value.equals("true")) {
                throw new ProblemException(
                        Problem.BAD_REQUEST,
                        "The query parameter " + ERASE
                                + " takes no value but true; without it nothing is erased but what is unfinished cancelled.");
            }
            erase = true;
        }
        return erase;
    }

    /** The job after it was cancelled, or as it ended otherwise a moment earlier. */
    private Mono<Job> ended(Exchange exchange, JobId id, boolean erase) {
        return (erase ? journal.cancelToForget(id) : journal.cancel(id))
                .publishOn(exchange.loop())
                .switchIfEmpty(Mono.error(Problems::expired)) // it was there a moment ago
                .onErrorResume(IllegalTransitionException.class, finished -> endedOtherwise(exchange, id));
    }

    /** Its end won, but may still be on its way to stable storage, and nobody is told of it before it is there. */
    private Mono<Job> endedOtherwise(Exchange exchange, JobId id) {
        return jobs.finished(exchange, id, SETTLING).flatMap(known -> {
            Job job = known.job();
            return job.state().finished()
                    ? Mono.just(job)
                    : Mono.error(new ProblemException(
                                    Problem.JOURNAL_UNAVAILABLE,
                                    "The job is about to end, but its end cannot be put on stable storage at present."
                                            + " Try again.")
                            .retryAfter(Problems.SOON));
        });
    }

    private Mono<Void> cancelled(Exchange exchange, Job job) {
        if (job.state() != JobState.CANCELLED) {
            return Mono.error(new ProblemException(
                    Problem.ALREADY_FINISHED,
                    "The job has " + job.state().text() + " and cannot be cancelled any more; it is kept as it is. To"
                            + " erase it, send DELETE with ?" + ERASE + "=true."));
        }
        JobRepresentation shown = responses.choose(exchange, job.route(), Resource.STATUS);
        return exchange.response().send(shown.cancelled(responses.view(exchange, new Lookup.Known(job, 0))));
    }

    private Mono<Void> erase(Exchange exchange, JobId id) {
        return journal.forget(id)
                .publishOn(exchange.loop())
                .flatMap(erased -> erased ? exchange.response().send(204) : Mono.error(Problems.expired()));
    }
}
