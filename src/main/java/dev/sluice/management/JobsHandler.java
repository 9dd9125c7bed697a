package dev.sluice.management;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.Estimator;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JsonWriter;
import java.time.Clock;
import java.time.Instant;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Shows one job, or all of them page by page; never bodies or header fields of requests. */
final class JobsHandler {

    private final JobReader journal;
    private final Estimator estimator;
    private final JobJson json;
    private final Clock clock;

    JobsHandler(JobReader journal, Estimator estimator, JobJson json, Clock clock) {
        this.journal = journal;
        this.estimator = estimator;
        this.json = json;
        this.clock = clock;
    }

    /**
     * Lists jobs, newest first. A page begins after the last job of the page before, whatever happened to any job meanwhile.
     * Positions in the queue and estimates are shown for a single job only. The page is written by hand around jobs that
     * {@link JobJson} encodes as everywhere: up to a thousand of them.
     */
    Mono<ServerResponse> list(ServerRequest request) {
        JobQuery query = JobQuery.of(Parameters.of(request, JobQuery.PARAMETERS));
        return journal.list(query.filter(), query.limit(), query.before())
                .publishOn(Schedulers.parallel())
                .flatMap(page -> page(query, page));
    }

    private Mono<ServerResponse> page(JobQuery query, JobPage page) {
        ServerResponse.BodyBuilder answer = ok();
        JsonWriter all = new JsonWriter().begin().list("jobs");
        Instant now = clock.instant();
        page.jobs().stream().filter(job -> !job.expired(now)).forEach(job -> all.element(json.job(job)));
        all.endList();
        JobId next = page.next();
        if (next != null) {
            all.member("next", Cursor.of(next));
            answer.header(HttpHeaders.LINK, "<" + query.next("/jobs", next) + ">; rel=\"next\"");
        }
        return answer.bodyValue(all.end().bytes());
    }

    Mono<ServerResponse> show(ServerRequest request) {
        return find(request).flatMap(known -> ok().bodyValue(json(known)));
    }

    /** The job as the public listener shows it. */
    byte[] json(Lookup.Known known) {
        Job job = known.job();
        return json.job(job, known.position(), estimator.estimate(job, known.position(), clock.instant()));
    }

    /** A job that was redriven from a failed one, and whether it lacks the credentials of that one. */
    byte[] redriven(Lookup.Known known, boolean withoutCredentials) {
        Job job = known.job();
        return json.redriven(
                job, known.position(), estimator.estimate(job, known.position(), clock.instant()), withoutCredentials);
    }

    /** The job of the URL. Errors: {@code no-job} or {@code job-expired} if it does not exist. */
    Mono<Lookup.Known> find(ServerRequest request) {
        JobId id = JobId.parse(request.pathVariable("id")).orElseThrow(ManagementProblems::noJob);
        return journal.find(id)
                .publishOn(Schedulers.parallel())
                .switchIfEmpty(Mono.error(ManagementProblems::noJob))
                .map(this::known);
    }

    private Lookup.Known known(Lookup lookup) {
        if (lookup instanceof Lookup.Known known && !known.job().expired(clock.instant())) {
            return known;
        }
        throw ManagementProblems.expired();
    }

    static ServerResponse.BodyBuilder ok() {
        return ServerResponse.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .header(HttpHeaders.CACHE_CONTROL, "no-store");
    }
}
