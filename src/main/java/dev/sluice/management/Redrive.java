package dev.sluice.management;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.StoredRequest;
import dev.sluice.queue.Admission;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.JobQueue;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import java.time.Clock;
import java.time.Instant;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Redrives failed jobs: makes a new job of the stored request and leaves the failed one as it is. The new job follows the
 * current settings of its route and has all attempts before it. It has no idempotency key, which belongs to the first job,
 * and no credentials, which were erased when that one ended.
 */
final class Redrive {

    private final JobReader stored;
    private final JobIntake intake;
    private final Credentials credentials;
    private final CurrentRoutes routes;
    private final Admission admission;
    private final Estimator estimator;
    private final JobQueue queue;
    private final JobIds ids;
    private final Clock clock;

    Redrive(
            JobReader stored,
            JobIntake intake,
            Credentials credentials,
            CurrentRoutes routes,
            Admission admission,
            Estimator estimator,
            JobQueue queue,
            JobIds ids,
            Clock clock) {
        this.stored = stored;
        this.intake = intake;
        this.credentials = credentials;
        this.routes = routes;
        this.admission = admission;
        this.estimator = estimator;
        this.queue = queue;
        this.ids = ids;
        this.clock = clock;
    }

    /**
     * A new job.
     *
     * @param known the new job and its position in the queue
     * @param withoutCredentials whether the request lacks credentials that the failed job had
     */
    record Made(Lookup.Known known, boolean withoutCredentials) {}

    /**
     * Redrives a job. Completes when the new job is on stable storage. Errors: {@code not-failed}, {@code no-route} if the
     * route is no longer configured, {@code queue-full}, and {@code job-expired} if the job was erased meanwhile.
     */
    Mono<Made> of(Job failed) {
        if (failed.state() != JobState.FAILED) {
            return Mono.error(new ProblemException(
                    Problem.NOT_FAILED,
                    "The job is " + failed.state().text() + "; only a failed one can be redriven."));
        }
        if (failed.expired(clock.instant())) {
            return Mono.error(ManagementProblems.expired());
        }
        return routes.byId(failed.route())
                .map(route -> of(failed, route))
                .orElseGet(() -> Mono.error(new ProblemException(
                        Problem.NO_ROUTE,
                        "The job's route is no longer configured; configure it again and redrive the job then.")));
    }

    private Mono<Made> of(Job failed, Route route) {
        return stored.request(failed.id())
                .switchIfEmpty(Mono.error(ManagementProblems::expired))
                .flatMap(request -> enter(failed, route, request))
                .publishOn(Schedulers.parallel())
                .doOnNext(made -> queue.nudge(route.call()));
    }

    private Mono<Made> enter(Job failed, Route route, StoredRequest request) {
        boolean callback = failed.spec().callback() != null;
        if ((callback && admission.isFullOfDeliveries()) || !admission.tryEnter(route)) {
            return Mono.error(full(route));
        }
        return Mono.using(
                () -> route,
                entered -> append(failed, entered, request),
                admission::leave); // before the next job enters
    }

    private Mono<Made> append(Job failed, Route route, StoredRequest request) {
        JobId id = ids.next();
        Instant now = Instant.ofEpochMilli(id.millis());
        boolean incomplete = Credentials.areGone(request.head());
        Credentials.Split split = incomplete
                ? new Credentials.Split(request.head(), Headers.NONE)
                : credentials.split(
                        request.head(), route.admission().credentials()); // an earlier version kept them together
        JobSpec spec = failed.spec().toBuilder()
                .acceptedAt(now)
                .maxAttempts(route.call().retry().attempts())
                .keep(route.admission().keep())
                .keepUntil(null)
                .estimate(estimator.estimate(
                        route,
                        failed.spec().urgency(),
                        failed.spec().caller(),
                        failed.spec().turn(),
                        now,
                        now))
                .deadline(null)
                .redriveOf(failed.id())
                .group(null)
                .build();
        NewJob job = new NewJob(id, route.id(), spec, now, split.request(), split.credentials(), null);
        return intake.append(job, request.body()).map(outcome -> made(outcome, incomplete));
    }

    private static Made made(Appended outcome, boolean incomplete) {
        if (outcome instanceof Appended.Created created) {
            return new Made(new Lookup.Known(created.job(), created.position()), incomplete);
        }
        throw new IllegalStateException("a job without an idempotency key was not appended but " + outcome);
    }

    private ProblemException full(Route route) {
        return new ProblemException(Problem.QUEUE_FULL, "Too many jobs wait, on this route or in all. Try again later.")
                .retryAfter(estimator.retryAfterFull(route, clock.instant()));
    }
}
