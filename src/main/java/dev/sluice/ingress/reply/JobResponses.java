package dev.sluice.ingress.reply;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.Estimator;
import dev.sluice.representation.JobRepresentation;
import dev.sluice.representation.JobView;
import dev.sluice.representation.Representations;
import dev.sluice.representation.Representations.Resource;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Chooses the representation of a job, and tells it how the job stands for the client of an exchange. */
public final class JobResponses {

    private final Representations representations;
    private final Estimator estimator;
    private final Clock clock;

    public JobResponses(Representations representations, Estimator estimator, Clock clock) {
        this.representations = representations;
        this.estimator = estimator;
        this.clock = clock;
    }

    /** The representation of a route's jobs, and of problems from here on. */
    public JobRepresentation choose(Exchange exchange, String route, Resource resource) {
        JobRepresentation chosen = representations.of(route, resource);
        exchange.response().represent(chosen);
        return chosen;
    }

    /** Chooses the representation of problems that occur before the route is known. */
    public void choose(Exchange exchange, Resource resource) {
        exchange.response().represent(representations.of(resource));
    }

    /** As {@link #choose(Exchange, String, Resource)}. */
    JobRepresentation choose(Exchange exchange, Job job, Resource resource) {
        return choose(exchange, job.route(), resource);
    }

    /** The job with what is known of the queue. */
    public JobView view(Exchange exchange, Lookup.Known known) {
        Job job = known.job();
        Instant now = clock.instant();
        Estimate estimate = estimator.estimate(job, known.position(), now);
        long retryAfter = job.state().finished()
                ? 0
                : Math.max(1, estimator.retryAfter(estimate, now).toSeconds());
        return new JobView(job, known.position(), estimate, retryAfter, exchange.origin(), exchange.prefix());
    }

    /** The job for responses that say nothing of the queue. */
    public static JobView view(Exchange exchange, Job job) {
        return new JobView(job, exchange.origin(), exchange.prefix());
    }

    /** Says which preferences were honoured; null for none. */
    public static void applied(Exchange exchange, @Nullable String preferences) {
        if (preferences != null) {
            exchange.response().with(Preferences.APPLIED, preferences);
        }
    }

    /** Answers a request that became a job which is looked at later. */
    public Mono<Void> accepted(Exchange exchange, Lookup.Known known, WaitPreference wait) {
        applied(exchange, wait.applied());
        return exchange.response()
                .send(choose(exchange, known.job(), Resource.ROUTE).accepted(view(exchange, known)));
    }
}
