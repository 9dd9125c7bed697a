package dev.sluice.ingress;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.journal.Journal;
import dev.sluice.journal.StoredResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Serves what the backend answered. */
final class ResultHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ResultHandler.class);

    private final Journal journal;
    private final Jobs jobs;
    private final JobAnswers answers;

    ResultHandler(Journal journal, Jobs jobs, JobAnswers answers) {
        this.journal = journal;
        this.jobs = jobs;
        this.answers = answers;
    }

    /** GET and HEAD. */
    Mono<Void> show(Exchange exchange, JobId id) {
        return jobs.find(exchange, id).flatMap(job -> {
            if (!job.state().finished()) {
                return unfinished(exchange, job);
            } else if (job.result() != null) {
                return stored(exchange, job);
            }
            return Mono.error(withoutAnswer(job));
        });
    }

    private Mono<Void> unfinished(Exchange exchange, Job job) {
        exchange.with(Fields.LOCATION, answers.self(job)).with(Fields.CACHE_CONTROL, Fields.NO_STORE);
        answers.retryAfter(exchange, job);
        return answers.send(exchange, 202, job);
    }

    private Mono<Void> stored(Exchange exchange, Job job) {
        return journal.result(job.id())
                .publishOn(exchange.loop())
                .switchIfEmpty(Mono.error(Refusals::expired))
                .flatMap(result -> replay(exchange, job, result));
    }

    private Mono<Void> replay(Exchange exchange, Job job, StoredResult result) {
        HttpHeaders fields = exchange.answerFields();
        for (Headers.Header field : result.head().headers().fields()) {
            if (!EndToEnd.endsHere(field.name())
                    && !HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(field.name())) {
                add(fields, field);
            }
        }
        fields.add(Fields.LINK, "<" + answers.self(job) + ">; rel=\"status\"");
        if (!fields.contains(Fields.ETAG)) {
            fields.set(Fields.ETAG, "\"" + job.id() + "\"");
        }
        return exchange.answer(result.head().status(), result.size(), result.body());
    }

    /** What could not be sent as one field is left out rather than sent as something else. */
    private static void add(HttpHeaders fields, Headers.Header field) {
        try {
            fields.add(field.name(), field.value());
        } catch (IllegalArgumentException e) {
            LOG.debug("A stored field cannot be replayed and is left out: {}", field.name());
        }
    }

    private static Refusal withoutAnswer(Job job) {
        if (job.state() == JobState.CANCELLED) {
            return new Refusal(Problem.JOB_CANCELLED, "The job was cancelled before the backend had answered.");
        }
        Failure failure = job.failure();
        return failure == null
                ? new Refusal(Problem.INTERNAL_ERROR, "The job ended without an answer and without a reason.")
                : new Refusal(failure.problem(), failure.detail());
    }
}
