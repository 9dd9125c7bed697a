package dev.sluice.ingress;

import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.EntityTags;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Lookup;
import dev.sluice.route.AdmissionPolicy;
import dev.sluice.route.RouteTable;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/** The status monitor: shows a job, waits for it to change. */
final class JobHandler {

    private final Jobs jobs;
    private final JobResponses answers;
    private final RouteTable routes;
    private final Duration maxWait;

    JobHandler(Jobs jobs, JobResponses answers, RouteTable routes, Duration maxWait) {
        this.jobs = jobs;
        this.answers = answers;
        this.routes = routes;
        this.maxWait = maxWait;
    }

    /**
     * GET and HEAD. The tag follows the number of the latest event that is not output: it changes when something happened,
     * not when another piece of an answer came.
     */
    Mono<Void> show(Exchange exchange, JobId id) {
        WaitPreference patience = WaitPreference.of(Preferences.of(exchange.fields()), maxWait);
        Mono<Lookup.Known> found = jobs.find(exchange, id);
        if (!patience.none()) {
            found = found.flatMap(known -> later(exchange, known, patience));
        }
        return found.flatMap(known -> {
            JobResponses.applied(exchange, patience.appliedWait());
            return answer(exchange, known);
        });
    }

    /** Long poll: the job as soon as it differs from what the client has; if it has nothing, as soon as it is finished. */
    private Mono<Lookup.Known> later(Exchange exchange, Lookup.Known known, WaitPreference patience) {
        Job job = known.job();
        List<String> tags = exchange.fields(HttpHeaderNames.IF_NONE_MATCH);
        if (job.state().finished()) {
            return Mono.just(known);
        } else if (tags.isEmpty()) {
            return jobs.finished(exchange, job.id(), patience.most());
        }
        return EntityTags.match(tags, tag(job))
                ? jobs.changed(exchange, job.id(), job.changedSeq(), patience.most())
                : Mono.just(known);
    }

    private Mono<Void> answer(Exchange exchange, Lookup.Known known) {
        Job job = known.job();
        exchange.response().with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_CACHE);
        if (job.state().finished() && redirects(job)) {
            return exchange.response()
                    .with(HeaderNames.LOCATION, answers.self(exchange, job) + "/result")
                    .send(303);
        }
        String tag = tag(job);
        exchange.response().with(HeaderNames.ETAG, tag);
        return EntityTags.match(exchange.fields(HttpHeaderNames.IF_NONE_MATCH), tag)
                ? answers.unchanged(exchange, known)
                : answers.send(exchange, 200, known);
    }

    private boolean redirects(Job job) {
        return routes.byId(job.route())
                .map(route -> route.admission().whenFinished() == AdmissionPolicy.WhenFinished.REDIRECT)
                .orElse(false);
    }

    /** Weak, because estimates move meanwhile; and none that a result can have, to which a client may be redirected. */
    private static String tag(Job job) {
        return "W/\"j" + job.changedSeq() + "\"";
    }
}
