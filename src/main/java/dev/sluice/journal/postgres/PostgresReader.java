package dev.sluice.journal.postgres;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.core.GroupCommitter;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads jobs, their bodies and their events. */
final class PostgresReader implements JobReader {

    private final Calls calls;
    private final GroupCommitter<Finds.Find> finds;
    private final ListReads list;
    private final BodyReads bodies;
    private final EventReads events;
    private final Feed feed;
    private final SharedBacklog backlog;

    PostgresReader(
            Calls calls,
            GroupCommitter<Finds.Find> finds,
            ListReads list,
            BodyReads bodies,
            EventReads events,
            Feed feed,
            SharedBacklog backlog) {
        this.calls = calls;
        this.finds = finds;
        this.list = list;
        this.bodies = bodies;
        this.events = events;
        this.feed = feed;
        this.backlog = backlog;
    }

    @Override
    public Mono<Lookup> find(JobId id) {
        return Mono.create(sink -> finds.submit(new Finds.Find(id, sink)));
    }

    @Override
    public Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return calls.run(() -> list.page(filter, limit, before));
    }

    @Override
    public Mono<StoredRequest> request(JobId id) {
        return calls.run(() -> bodies.request(id));
    }

    @Override
    public Mono<StoredResult> result(JobId id) {
        return calls.run(() -> bodies.result(id));
    }

    @Override
    public Mono<Answer> answer(JobId id) {
        return calls.run(() -> bodies.answer(id));
    }

    @Override
    public Flux<JobEvent> history(JobId id, long after) {
        return calls.stream(() -> events.history(id, after));
    }

    @Override
    public Flux<JobEvent> tail(Interest interest) {
        return calls.stream(() -> feed.tail(interest));
    }

    @Override
    public Backlog backlog() {
        return backlog;
    }
}
