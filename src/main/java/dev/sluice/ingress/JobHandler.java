package dev.sluice.ingress;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Journal;
import io.netty.handler.codec.http.HttpHeaderNames;
import reactor.core.publisher.Mono;

/** The status monitor: shows a job, cancels it, forgets it. */
final class JobHandler {

    private final Journal journal;
    private final Jobs jobs;
    private final JobAnswers answers;

    JobHandler(Journal journal, Jobs jobs, JobAnswers answers) {
        this.journal = journal;
        this.jobs = jobs;
        this.answers = answers;
    }

    /** GET and HEAD. The tag follows the number of the latest event, so it changes when something happened. */
    Mono<Void> show(Exchange exchange, JobId id) {
        return jobs.find(exchange, id).flatMap(job -> {
            String tag = "\"" + job.lastSeq() + "\"";
            exchange.with(Fields.ETAG, tag).with(Fields.CACHE_CONTROL, Fields.NO_CACHE);
            if (!job.state().finished()) {
                answers.retryAfter(exchange, job);
            }
            return EntityTags.match(exchange.fields(HttpHeaderNames.IF_NONE_MATCH), tag)
                    ? exchange.answer(304)
                    : answers.send(exchange, 200, job);
        });
    }

    /** DELETE: cancels a job that is not finished, erases one that is. */
    Mono<Void> delete(Exchange exchange, JobId id) {
        return jobs.find(exchange, id)
                .flatMap(job -> job.state().finished() ? forget(exchange, id) : cancel(exchange, id));
    }

    private Mono<Void> cancel(Exchange exchange, JobId id) {
        return journal.cancel(id)
                .publishOn(exchange.loop())
                .switchIfEmpty(Mono.error(Refusals::noJob))
                .flatMap(job -> cancelled(exchange, job))
                // It finished just now, so this request finds it as any that comes a moment later.
                .onErrorResume(IllegalTransitionException.class, finished -> forget(exchange, id));
    }

    private Mono<Void> cancelled(Exchange exchange, Job job) {
        exchange.with(Fields.CACHE_CONTROL, Fields.NO_STORE);
        return answers.send(exchange, 200, job);
    }

    private Mono<Void> forget(Exchange exchange, JobId id) {
        return journal.forget(id)
                .publishOn(exchange.loop())
                .flatMap(erased -> erased ? exchange.answer(204) : Mono.error(Refusals.expired()));
    }
}
