package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.JobTokens;
import dev.sluice.job.Problem;
import dev.sluice.job.Transition;
import dev.sluice.representation.ProblemException;
import java.io.ByteArrayOutputStream;
import reactor.core.publisher.Mono;

/**
 * Where backends report progress of the jobs they work at. Only the token in the URL entitles to that, and without it
 * nothing is said of the job, not even whether there is one.
 */
final class ProgressHandler {

    private final JobTokens tokens;
    private final Jobs jobs;
    private final Reports reports;

    ProgressHandler(JobTokens tokens, Jobs jobs, Reports reports) {
        this.tokens = tokens;
        this.jobs = jobs;
        this.reports = reports;
    }

    /** POST; also while the gateway is shutting down, for attempts run on then. */
    Mono<Void> report(Exchange exchange, JobId id) {
        String token = exchange.target().parameter("token");
        if (token == null || !tokens.matches(id, token)) {
            throw new ProblemException(
                    Problem.WRONG_TOKEN,
                    "The query has no token, or not that of this job; use the URL in Sluice-Progress as it is.");
        }
        if (exchange.length() > ReportReader.MOST) {
            throw Problems.tooLarge(ReportReader.MOST);
        }
        return exchange.body(ReportReader.MOST)
                .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                .map(body -> ReportReader.read(body.toByteArray()))
                .flatMap(report -> record(exchange, id, report))
                .then(Mono.defer(() -> exchange.response().send(204)));
    }

    private Mono<Void> record(Exchange exchange, JobId id, Transition.Report report) {
        return jobs.find(exchange, id)
                .flatMap(known -> known.job().state() == JobState.RUNNING
                        ? reports.take(id, report)
                        : Mono.error(notRunning(known.job().state())))
                .onErrorMap(
                        IllegalTransitionException.class,
                        late -> notRunning(late.job().state()))
                .publishOn(exchange.loop());
    }

    private static ProblemException notRunning(JobState state) {
        return new ProblemException(
                Problem.NOT_RUNNING,
                "The job is " + state.text() + "; nothing was recorded. Whoever still works at it may stop.");
    }
}
