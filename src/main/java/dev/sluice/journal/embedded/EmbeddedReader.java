package dev.sluice.journal.embedded;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.ClaimedRequests;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.Tails;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Reads jobs, their bodies and their events. */
final class EmbeddedReader implements JobReader {

    private static final int HANDED_OVER = 256;

    private final Store main;
    private final Queries queries;
    private final Outputs outputs;
    private final StoredBodies bodies;
    private final StoredAnswers answers;
    private final WorkingSet working;
    private final Tails tails;
    private final Scheduler listeners;

    EmbeddedReader(
            Store main,
            Queries queries,
            Outputs outputs,
            StoredBodies bodies,
            StoredAnswers answers,
            WorkingSet working,
            Tails tails,
            Scheduler listeners) {
        this.main = main;
        this.queries = queries;
        this.outputs = outputs;
        this.bodies = bodies;
        this.answers = answers;
        this.working = working;
        this.tails = tails;
        this.listeners = listeners;
    }

    @Override
    public Mono<Lookup> find(JobId id) {
        return queries.read(() -> {
            JobHead open = queries.openHead(id);
            if (open != null) {
                return new Lookup.Known(open.job(), working.position(open.job()));
            }
            byte[] done = queries.isUnsettled(id) ? null : main.get(Table.DONE, Keys.job(id));
            if (done == null) {
                return null;
            }
            return done.length == 0
                    ? new Lookup.Expired()
                    : new Lookup.Known(JobHead.of(id, done).job(), 0);
        });
    }

    @Override
    public Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return queries.read(() -> {
            Listing listing = new Listing(filter, limit, before, working);
            try (Store.Cursor open = main.descending(Table.OPEN, listing.lowest(), listing.end());
                    Store.Cursor done = main.descending(Table.DONE, listing.lowest(), listing.end())) {
                merge(open, done, listing);
            }
            return listing.page();
        });
    }

    private static void merge(Store.Cursor open, Store.Cursor done, Listing listing) {
        while (open.isValid() || done.isValid()) {
            int order = !open.isValid() ? -1 : !done.isValid() ? 1 : Arrays.compareUnsigned(open.key(), done.key());
            Store.Cursor next = order > 0 ? open : done;
            if (!listing.take(next.key(), next.value())) {
                return;
            }
            if (order >= 0) {
                open.next();
            }
            if (order <= 0) {
                done.next();
            }
        }
    }

    @Override
    public Mono<StoredRequest> request(JobId id) {
        return Mono.defer(() -> {
            ClaimedRequests.Columns known = working.requests().take(id);
            return known == null ? stored(id) : Mono.just(started(id, known));
        });
    }

    /** Takes no thread of the readers: the request of a job that was started as it was accepted is in memory. */
    private StoredRequest started(JobId id, ClaimedRequests.Columns known) {
        JobCodec.RequestEntry entry = JobCodec.request(known.request());
        Flux<byte[]> body = bodies.received(BodyName.request(id), entry.body());
        return new StoredRequest(known.head(entry), entry.body().size(), body);
    }

    private Mono<StoredRequest> stored(JobId id) {
        return queries.read(() -> {
            byte[] value = main.get(Table.REQUESTS, Keys.job(id));
            if (value == null || (queries.isUnsettled(id) && queries.openHead(id) == null)) {
                return null;
            }
            JobCodec.RequestEntry stored = JobCodec.request(value);
            Flux<byte[]> body = bodies.received(BodyName.request(id), stored.body());
            return new StoredRequest(whole(id, stored.head()), stored.body().size(), body);
        });
    }

    /** Adds the credentials, unless they have been erased. */
    private JobRequest whole(JobId id, JobRequest head) {
        byte[] credentials = Credentials.areGone(head) ? main.get(Table.CREDENTIALS, Keys.job(id)) : null;
        return credentials == null ? head : Credentials.together(head, JobCodec.headers(credentials));
    }

    @Override
    public Mono<StoredResult> result(JobId id) {
        return answers.result(id);
    }

    @Override
    public Mono<Answer> answer(JobId id) {
        return answers.answer(id);
    }

    @Override
    public Flux<JobEvent> history(JobId id, long after) {
        return queries.read(() -> page(id, after))
                .expand(page -> page.more() ? queries.read(() -> page(id, page.until())) : Mono.empty())
                .concatMapIterable(HistoryPage::events, 1);
    }

    private @Nullable HistoryPage page(JobId id, long after) {
        JobHead open = queries.openHead(id);
        JobHead head = open == null ? queries.finishedHead(id) : open;
        return head == null ? null : HistoryPage.read(main, outputs, head, after);
    }

    @Override
    public Flux<JobEvent> tail(Interest interest) {
        // Off the writer's thread; an overflow error overtakes buffered events.
        Flux<JobEvent> told = tails.tail(interest).publishOn(listeners, false, HANDED_OVER);
        return Flux.defer(() -> queries.isClosed() ? Flux.error(Queries.closedError()) : told);
    }

    @Override
    public Backlog backlog() {
        return working.index().backlog();
    }
}
