package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.EntityTags;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Lookup;
import dev.sluice.representation.JobRepresentation;
import dev.sluice.representation.JobView;
import dev.sluice.representation.Representations.Resource;
import dev.sluice.route.AdmissionPolicy;
import dev.sluice.route.CurrentRoutes;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/** The status monitor: shows a job, waits for it to change. */
final class JobHandler {

    private final Jobs jobs;
    private final ReadPlaces places;
    private final JobResponses responses;
    private final CurrentRoutes routes;
    private final Duration maxWait;

    JobHandler(Jobs jobs, ReadPlaces places, JobResponses responses, CurrentRoutes routes, Duration maxWait) {
        this.jobs = jobs;
        this.places = places;
        this.responses = responses;
        this.routes = routes;
        this.maxWait = maxWait;
    }

    /** GET and HEAD. */
    Mono<Void> show(Exchange exchange, JobId id) {
        WaitPreference wait = WaitPreference.of(Preferences.of(exchange.fields()), maxWait);
        return places.answer(wait, () -> show(exchange, id, wait));
    }

    private Mono<Void> show(Exchange exchange, JobId id, WaitPreference wait) {
        Mono<Lookup.Known> found = jobs.find(exchange, id);
        if (!wait.none()) {
            found = found.flatMap(known -> later(exchange, known, wait));
        }
        return found.flatMap(known -> {
            JobResponses.applied(exchange, wait.appliedWait());
            return answer(exchange, known);
        });
    }

    /** Long poll: the job as soon as it differs from what the client has; if it has nothing, as soon as it is finished. */
    private Mono<Lookup.Known> later(Exchange exchange, Lookup.Known known, WaitPreference wait) {
        Job job = known.job();
        List<String> tags = exchange.fields(HttpHeaderNames.IF_NONE_MATCH);
        String tag = responses.choose(exchange, job.route(), Resource.STATUS).entityTag(job);
        if (job.state().finished()) {
            return Mono.just(known);
        } else if (tags.isEmpty()) {
            return jobs.finished(exchange, job.id(), wait.most());
        }
        return tag != null && EntityTags.match(tags, tag)
                ? jobs.changed(exchange, job.id(), job.changedSeq(), wait.most())
                : Mono.just(known);
    }

    private Mono<Void> answer(Exchange exchange, Lookup.Known known) {
        Job job = known.job();
        JobRepresentation shown = responses.choose(exchange, job.route(), Resource.STATUS);
        JobView view = responses.view(exchange, known);
        if (job.state().finished() && redirects(job)) {
            return exchange.response().send(shown.seeResult(view));
        }
        String tag = shown.entityTag(job);
        boolean unchanged = tag != null && EntityTags.match(exchange.fields(HttpHeaderNames.IF_NONE_MATCH), tag);
        return exchange.response().send(unchanged ? shown.unchanged(view) : shown.status(view));
    }

    private boolean redirects(Job job) {
        return routes.byId(job.route())
                .map(route -> route.admission().whenFinished() == AdmissionPolicy.WhenFinished.REDIRECT)
                .orElse(false);
    }
}
