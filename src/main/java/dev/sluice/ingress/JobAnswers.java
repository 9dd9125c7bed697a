package dev.sluice.ingress;

import dev.sluice.events.JobJson;
import dev.sluice.job.Job;
import dev.sluice.queue.Estimator;
import java.time.Clock;
import reactor.core.publisher.Mono;

/** What answers about a job have in common. */
final class JobAnswers {

    private final String jobsPath;
    private final JobJson json;
    private final Estimator estimator;
    private final Clock clock;

    JobAnswers(String jobsPath, JobJson json, Estimator estimator, Clock clock) {
        this.jobsPath = jobsPath;
        this.json = json;
        this.estimator = estimator;
        this.clock = clock;
    }

    /** Says where the job and its events are. */
    void locate(Exchange exchange, Job job) {
        String self = self(job);
        exchange.with(Fields.LOCATION, self)
                .with(Fields.LINK, "<" + self + ">; rel=\"status\", <" + self + "/events>; rel=\"monitor\"");
    }

    /** Where the job is. */
    String self(Job job) {
        return jobsPath + "/" + job.id();
    }

    /** Says when to look again. */
    void retryAfter(Exchange exchange, Job job) {
        long seconds = estimator.retryAfter(job.estimate(), clock.instant()).toSeconds();
        exchange.with(Fields.RETRY_AFTER, Long.toString(Math.max(1, seconds)));
    }

    /** Sends the job. */
    Mono<Void> send(Exchange exchange, int status, Job job) {
        return exchange.answer(status, Fields.JSON, json.job(job));
    }
}
