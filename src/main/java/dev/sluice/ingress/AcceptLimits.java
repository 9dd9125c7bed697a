package dev.sluice.ingress;

import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.journal.JobIntake;
import dev.sluice.queue.Admission;
import dev.sluice.queue.ClientJobs;
import dev.sluice.queue.Estimator;
import dev.sluice.representation.Limit;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The limits that a request must be within to become a job: of space, of the queues, and of its client. */
final class AcceptLimits {

    private final JobIntake journal;
    private final ClientJobs clients;
    private final Admission admission;
    private final Estimator estimator;
    private final Clock clock;

    AcceptLimits(JobIntake journal, ClientJobs clients, Admission admission, Estimator estimator, Clock clock) {
        this.journal = journal;
        this.clients = clients;
        this.admission = admission;
        this.estimator = estimator;
        this.clock = clock;
    }

    /** The client whose jobs the route bounds; 0 if it bounds nobody's. */
    long client(Exchange exchange, Route route) {
        RateLimit limit = route.admission().rateLimit();
        return limit == null || limit.inFlight() == 0 ? 0 : clients.client(route, CallerKey.of(exchange, limit.by()));
    }

    /** Acquires a permit, which {@link #leave} releases; if there is none, says why. */
    @Nullable
    ProblemException enter(Route route, long client, boolean callback) {
        if (!journal.hasRoom()) {
            return Problems.noSpace();
        } else if (callback && admission.isFullOfDeliveries()) {
            return Problems.tooManyCallbacks();
        } else if (!clients.tryEnter(route, client)) {
            return tooManyJobs(route);
        } else if (!admission.tryEnter(route)) {
            clients.leave(route, client);
            return full(route);
        }
        return null;
    }

    /** Releases the permit when the append has ended. */
    void leave(Route route, long client) {
        admission.leave(route);
        clients.leave(route, client);
    }

    private ProblemException full(Route route) {
        return new ProblemException(
                        admission.isFull(route) ? Limit.ROUTE_QUEUE : Limit.NODE_QUEUE,
                        "Too many requests wait, on this route or in all; nothing was accepted. Try again later.")
                .retryAfter(estimator.retryAfterFull(route, clock.instant()));
    }

    /** In the words of draft-ietf-httpapi-ratelimit-headers. */
    private ProblemException tooManyJobs(Route route) {
        RateLimit limit = route.admission().rateLimit();
        Duration wait = estimator.retryAfterFull(route, clock.instant());
        return new ProblemException(
                        Limit.CLIENT_JOBS,
                        "This client has as many unfinished jobs as the route takes from one; nothing was accepted. Send the"
                                + " next one when one of them has finished.")
                .retryAfter(wait)
                .with(
                        HeaderNames.RATE_LIMIT_POLICY,
                        "\"jobs\";q=" + (limit == null ? 0 : limit.inFlight()) + ";qu=\"concurrent-requests\"")
                .with(HeaderNames.RATE_LIMIT, "\"jobs\";r=0;t=" + wait.toSeconds());
    }
}
