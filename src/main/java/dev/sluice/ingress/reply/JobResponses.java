package dev.sluice.ingress.reply;

import dev.sluice.events.JobJson;
import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.Estimator;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What answers about a job have in common. */
public final class JobResponses {

    private final JobJson json;
    private final Estimator estimator;
    private final Clock clock;

    public JobResponses(JobJson json, Estimator estimator, Clock clock) {
        this.json = json;
        this.estimator = estimator;
        this.clock = clock;
    }

    /** Where the client finds the job. */
    public String self(Exchange exchange, Job job) {
        return json.behind(exchange.prefix()).self(job.id());
    }

    /** The value of {@code Link} that says where the job and its events are. */
    static String links(String self) {
        return "<" + self + ">; rel=\"status\", <" + self + "/events>; rel=\"monitor\"";
    }

    /** Says which preferences were honoured; null for none. */
    public static void applied(Exchange exchange, @Nullable String preferences) {
        if (preferences != null) {
            exchange.response().with(Preferences.APPLIED, preferences);
        }
    }

    /** Tells of a job that was made of the request and will be looked at later. */
    public Mono<Void> accepted(Exchange exchange, Lookup.Known known, WaitPreference patience) {
        String self = self(exchange, known.job());
        exchange.response()
                .with(HeaderNames.LOCATION, self)
                .with(HeaderNames.LINK, links(self))
                .with(HeaderNames.OPERATION_LOCATION, exchange.origin() + self + "/operation")
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE);
        applied(exchange, patience.applied());
        return send(exchange, 202, known);
    }

    /** Sends the job as it stands, and when to look at it again. */
    public Mono<Void> send(Exchange exchange, int status, Lookup.Known known) {
        Estimate estimate = paced(exchange, known);
        byte[] body = json.behind(exchange.prefix()).job(known.job(), known.position(), estimate);
        return exchange.response().send(status, HeaderValues.JSON, body);
    }

    /** Sends the job as an operation, and when to look at it again. */
    public Mono<Void> operation(Exchange exchange, Lookup.Known known) {
        paced(exchange, known);
        byte[] body = json.behind(exchange.prefix()).operation(known.job(), exchange.origin());
        return exchange.response()
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_CACHE)
                .send(200, HeaderValues.JSON, body);
    }

    /** Says that the client has the job as it stands already, and when to look again. */
    public Mono<Void> unchanged(Exchange exchange, Lookup.Known known) {
        paced(exchange, known);
        return exchange.response().send(304);
    }

    private @Nullable Estimate paced(Exchange exchange, Lookup.Known known) {
        Instant now = clock.instant();
        Estimate estimate = estimator.estimate(known.job(), known.position(), now);
        if (!known.job().state().finished()) {
            long seconds = estimator.retryAfter(estimate, now).toSeconds();
            exchange.response().with(HeaderNames.RETRY_AFTER, Long.toString(Math.max(1, seconds)));
        }
        return estimate;
    }
}
