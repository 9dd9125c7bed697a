package dev.sluice.journal.memory;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobTokens;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Health;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.Tails;
import dev.sluice.journal.core.queue.DueIndex;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The journal in memory. One thread makes all steps one after the other and signals their results; what it holds of bodies and heads is bounded, and what would go beyond fails with
 * {@link dev.sluice.journal.JournalOverloadedException}.
 */
final class MemoryJournal implements Journal {

    private static final int TAIL_LAG = 1024;
    private static final int PURGED_AT_ONCE = 500;
    private static final int FAILED_AT_ONCE = 500;

    private final MemoryBudget budget;
    private final DueIndex index = new DueIndex();
    private final Tails tails = new Tails(TAIL_LAG);
    private final Store store;
    private final byte[] secret = JobTokens.newSecret();
    private final StepThread thread = new StepThread("journal-memory");

    /**
     * An empty journal.
     *
     * @param mostBytes how much it may hold
     */
    MemoryJournal(Clock clock, long mostBytes) {
        this.budget = new MemoryBudget(mostBytes);
        this.store = new Store(clock, budget, index, tails);
    }

    @Override
    public Mono<Appended> append(NewJob job, Flux<byte[]> body) {
        return Mono.defer(() -> {
            Fingerprint fingerprint = job.key() == null ? null : new Fingerprint(job.request());
            Intake intake = new Intake(budget, fingerprint);
            return thread.receive(body, intake, () -> store.append(job, intake));
        });
    }

    @Override
    public Mono<Boolean> holds(IdempotencyKey key) {
        return thread.step(() -> store.holds(key));
    }

    @Override
    public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        return thread.step(() -> store.claim(demand, lease));
    }

    @Override
    public Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        return thread.step(() -> store.renew(claimed, lease));
    }

    @Override
    public Mono<Job> record(Job claimed, Transition move) {
        return thread.step(() -> store.record(claimed, move));
    }

    @Override
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return Mono.defer(() -> {
            Intake intake = new Intake(budget, null);
            return thread.receive(body, intake, () -> store.receive(claimed, intake));
        });
    }

    @Override
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        return thread.step(() -> store.finish(claimed, ending, (Body) body));
    }

    @Override
    public Mono<Job> report(JobId id, Transition.Report report) {
        return thread.step(() -> store.report(id, report));
    }

    @Override
    public Mono<Job> cancel(JobId id) {
        return thread.step(() -> store.cancel(id));
    }

    @Override
    public Mono<Instant> failOverdue() {
        return thread.step(() -> store.failOverdue(FAILED_AT_ONCE))
                .repeat()
                .takeUntil(next -> next.isAfter(store.now()))
                .last();
    }

    @Override
    public Mono<Lookup> find(JobId id) {
        return thread.step(() -> {
            Entry entry = store.entry(id);
            if (entry != null) {
                return new Lookup.Known(entry.job, store.position(entry.job));
            }
            return store.isExpired(id) ? new Lookup.Expired() : null;
        });
    }

    @Override
    public Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return thread.step(() -> store.list(filter, limit, before));
    }

    @Override
    public Mono<StoredRequest> request(JobId id) {
        return thread.step(() -> {
            Entry entry = store.entry(id);
            return entry == null
                    ? null
                    : new StoredRequest(
                            Credentials.together(entry.request, entry.credentials),
                            entry.requestBody.size(),
                            entry.requestBody.read());
        });
    }

    @Override
    public Mono<StoredResult> result(JobId id) {
        return thread.step(() -> {
            Entry entry = store.entry(id);
            return entry == null || entry.result == null || entry.resultBody == null
                    ? null
                    : new StoredResult(entry.result, entry.resultBody.size(), entry.resultBody::read);
        });
    }

    @Override
    public Flux<JobEvent> history(JobId id, long after) {
        return thread.step(() -> eventsAfter(id, after)).flatMapMany(Flux::fromIterable);
    }

    @Override
    public Flux<JobEvent> tail(Interest interest) {
        return tails.tail(interest);
    }

    @Override
    public Backlog backlog() {
        return index.backlog();
    }

    @Override
    public Mono<Long> purge(Instant now, Duration tombstones) {
        Mono<Integer> jobs = thread.step(() -> store.purge(now, PURGED_AT_ONCE));
        Mono<Integer> stones = thread.step(() -> store.purgeTombstones(now, tombstones, PURGED_AT_ONCE));
        return jobs.repeat()
                .takeUntil(erased -> erased < PURGED_AT_ONCE)
                .reduce(0L, Long::sum)
                .flatMap(erased -> stones.repeat()
                        .takeUntil(removed -> removed < PURGED_AT_ONCE)
                        .then(Mono.just(erased)));
    }

    @Override
    public Mono<Boolean> forget(JobId id) {
        return thread.step(() -> store.forget(id));
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    @Override
    public Health health() {
        return thread.closed()
                ? new Health(false, "closed")
                : new Health(true, "in memory: nothing survives the process");
    }

    @Override
    public void close() {
        thread.close(tails::close);
    }

    /** What the budget says is held, for tests. */
    long heldBytes() {
        return budget.held();
    }

    private List<JobEvent> eventsAfter(JobId id, long after) {
        Entry entry = store.entry(id);
        return entry == null ? List.of() : entry.eventsAfter(after);
    }
}
