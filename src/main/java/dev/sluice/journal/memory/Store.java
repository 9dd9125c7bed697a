package dev.sluice.journal.memory;

import dev.sluice.job.Headers;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.ResultInfo;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Ending;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.Tails;
import dev.sluice.journal.core.queue.Deadlines;
import dev.sluice.journal.core.queue.DueIndex;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is kept and how it moves; owned by the journal's thread. Each method is one atomic step. */
final class Store {

    private static final long BYTES_PER_JOB = 1024;
    private static final long BYTES_PER_EVENT = 64;
    private static final int MOST_ROWS = 10_000;

    private final Clock clock;
    private final MemoryBudget budget;
    private final DueIndex index;
    private final Tails tails;
    private final NavigableMap<JobId, Entry> entries = new TreeMap<>();
    private final Map<JobId, Entry> running = new LinkedHashMap<>();
    private final Map<IdempotencyKey, Entry> keys = new HashMap<>();
    private final Deadlines deadlines = new Deadlines();
    private final Retention retention;
    private long lastOrder;

    Store(Clock clock, MemoryBudget budget, DueIndex index, Tails tails) {
        this.clock = clock;
        this.budget = budget;
        this.index = index;
        this.tails = tails;
        this.retention = new Retention(budget);
    }

    @Nullable
    Entry entry(JobId id) {
        return entries.get(id);
    }

    Instant now() {
        return clock.instant();
    }

    long position(Job job) {
        return job.state() == JobState.QUEUED ? index.position(job.id(), clock.millis()) : 0;
    }

    boolean isExpired(JobId id) {
        return retention.isExpired(id);
    }

    boolean holds(IdempotencyKey key) {
        Entry entry = keys.get(key);
        return entry != null && entry.holdsKey(clock.instant());
    }

    Appended append(NewJob given, Intake intake) {
        byte[] fingerprint = intake.fingerprint();
        Entry first = given.key() == null ? null : keys.get(given.key());
        if (first != null && first.holdsKey(clock.instant())) {
            return MessageDigest.isEqual(first.fingerprint, fingerprint)
                    ? new Appended.Replayed(first.job, position(first.job))
                    : new Appended.KeyReused();
        }
        if (entries.containsKey(given.id()) || retention.isExpired(given.id())) {
            throw new IllegalArgumentException("the id " + given.id() + " was given out before");
        }
        long head =
                BYTES_PER_JOB + MemoryBudget.bytes(given.request().headers()) + MemoryBudget.bytes(given.credentials());
        budget.take(head);
        Job job = given.accepted(++lastOrder);
        Entry entry = new Entry(given, job, intake.keep(), fingerprint);
        entry.bytes = head + intake.taken();
        entries.put(job.id(), entry);
        if (given.key() != null) {
            keys.put(given.key(), entry);
        }
        index.add(job, clock.millis());
        deadlines.add(job);
        tell(entry, job.accepted());
        return new Appended.Created(job, position(job));
    }

    WorkQueue.Claimed claim(Map<String, WorkQueue.Demand> demand, Duration lease) {
        Instant now = clock.instant();
        failOverdue(Integer.MAX_VALUE);
        loseWhatRanOut(now);
        index.advance(now.toEpochMilli());
        List<Job> jobs = new ArrayList<>();
        Instant next = Instant.MAX;
        for (Map.Entry<String, WorkQueue.Demand> route : demand.entrySet()) {
            int room = route.getValue().room();
            int free = route.getValue().limit()
                    - (int) index.backlog().of(route.getKey()).running();
            for (JobId id : index.take(route.getKey(), Math.min(room, free), now.toEpochMilli())) {
                Entry entry = known(id);
                entry.heldUntil = now.plus(lease);
                jobs.add(move(entry, new Transition.Start(), now));
            }
            Instant due = index.nextDue(route.getKey());
            next = due.isBefore(next) ? due : next;
        }
        return new WorkQueue.Claimed(List.copyOf(jobs), next);
    }

    List<JobId> renew(Collection<Job> claimed, Duration lease) {
        Instant now = clock.instant();
        List<JobId> lost = new ArrayList<>();
        for (Job job : claimed) {
            Entry entry = entries.get(job.id());
            if (entry != null && entry.heldBy(job, now)) {
                entry.heldUntil = now.plus(lease);
            } else {
                lost.add(job.id());
            }
        }
        return lost;
    }

    Job record(Job claimed, Transition transition) {
        boolean answers = transition instanceof Transition.Succeed
                || (transition instanceof Transition.Fail fail && fail.result() != null);
        if (answers) {
            throw new IllegalArgumentException("a move with a result is made by finish, together with the result");
        }
        Instant now = clock.instant();
        return move(held(claimed, now), transition, now);
    }

    Body receive(Job claimed, Intake intake) {
        Entry entry = held(claimed, clock.instant());
        entry.received = intake.taken();
        return intake.keep();
    }

    Job finish(Job claimed, Ending ending, Body body) {
        Instant now = clock.instant();
        Entry entry = held(claimed, now);
        long head = MemoryBudget.bytes(ending.result().headers());
        budget.take(head);
        entry.bytes += head + entry.received;
        entry.received = 0;
        entry.result = ending.result();
        entry.resultBody = body;
        ResultInfo info = new ResultInfo(
                ending.result().status(),
                ending.result().headers().first("Content-Type").orElse(null),
                body.size());
        Transition move =
                ending.failure() == null ? new Transition.Succeed(info) : new Transition.Fail(ending.failure(), info);
        return move(entry, move, now);
    }

    @Nullable
    Job report(JobId id, Transition.Report report) {
        Entry entry = entries.get(id);
        if (entry == null) {
            return null;
        }
        if (budget.left() < bytes(report.further())) {
            throw new JournalOverloadedException();
        }
        return move(entry, report, clock.instant());
    }

    @Nullable
    Job cancel(JobId id) {
        Entry entry = entries.get(id);
        return entry == null ? null : move(entry, new Transition.Cancel(), clock.instant());
    }

    /** Fails some of the jobs whose deadline has passed; completes with the next deadline. */
    Instant failOverdue(int most) {
        Instant now = clock.instant();
        for (JobId id : deadlines.passed(now, most, id -> true)) {
            move(known(id), new Transition.MissDeadline(), now);
        }
        return deadlines.next();
    }

    JobPage list(JobFilter filter, int limit, @Nullable JobId before) {
        if (limit < 1) {
            throw new IllegalArgumentException("a page has at least one job, not " + limit);
        }
        JobId end = filter.end(before);
        NavigableMap<JobId, Entry> older = end == null ? entries : entries.headMap(end, false);
        List<Job> jobs = new ArrayList<>();
        JobId last = null;
        int rows = 0;
        for (Entry entry : older.descendingMap().values()) {
            if (entry.job.id().compareTo(filter.lowest()) < 0) {
                break;
            } else if (jobs.size() == limit || rows++ == MOST_ROWS) {
                return new JobPage(jobs, last);
            }
            last = entry.job.id();
            if (filter.matches(entry.job)) {
                jobs.add(entry.job);
            }
        }
        return new JobPage(jobs, null);
    }

    /** Erases some of what has expired; completes with how many, 0 when none is left. */
    int purge(Instant now, int most) {
        int erased = 0;
        for (JobId id = retention.nextExpired(now); id != null; id = retention.nextExpired(now)) {
            Entry entry = entries.get(id);
            if (entry != null) { // else it was forgotten before it expired
                erase(entry, now);
                if (++erased == most) {
                    break;
                }
            }
        }
        return erased;
    }

    /** Removes some of the tombstones that have lain long enough; completes with how many. */
    int purgeTombstones(Instant now, Duration tombstones, int most) {
        return retention.removeTombstones(now, tombstones, most);
    }

    boolean forget(JobId id) {
        Entry entry = entries.get(id);
        if (entry == null) {
            return false;
        }
        if (!entry.job.state().finished()) {
            throw new IllegalTransitionException(entry.job, "forget");
        }
        erase(entry, clock.instant());
        return true;
    }

    private void loseWhatRanOut(Instant now) {
        List<Entry> lost = new ArrayList<>();
        for (Entry entry : running.values()) {
            if (!entry.heldUntil.isAfter(now)) {
                lost.add(entry);
            }
        }
        lost.forEach(entry -> move(entry, new Transition.Lose(), now));
    }

    private Entry held(Job claimed, Instant now) {
        Entry entry = entries.get(claimed.id());
        if (entry == null || !entry.heldBy(claimed, now)) {
            throw new StaleClaimException(claimed.id());
        }
        return entry;
    }

    /** The only place where a job changes: what it is counted as follows from where it came from and where it went. */
    private Job move(Entry entry, Transition transition, Instant now) {
        boolean ran = entry.running();
        Job.Step step = entry.job.apply(transition, now);
        Job job = step.job();
        entry.job = job;
        if (ran && entry.running()) { // it is still counted as what it was
            tell(entry, step.event());
            return job;
        }
        if (ran) {
            running.remove(job.id());
            index.ended(job.route());
            budget.giveBack(entry.received); // nobody's result
            entry.received = 0;
        } else if (job.state().finished()) {
            index.remove(job.id());
        }
        if (job.state() == JobState.RUNNING) {
            running.put(job.id(), entry);
            index.started(job.route());
        } else if (job.state() == JobState.QUEUED) {
            index.add(job, now.toEpochMilli());
        } else {
            deadlines.remove(job);
            entry.credentials = Headers.NONE;
            retention.finished(job);
        }
        tell(entry, step.event());
        return job;
    }

    private void tell(Entry entry, JobEvent event) {
        entry.events.add(event);
        long more = bytes(event);
        if (entry.events.size() > 1 + Journal.HISTORY_KEPT) {
            more -= bytes(entry.events.remove(1)); // the oldest but for the acceptance
        }
        entry.bytes += more;
        budget.takeAnyway(more);
        tails.publish(event);
    }

    private static long bytes(JobEvent event) {
        if (event instanceof JobEvent.Emitted emitted) {
            return BYTES_PER_EVENT + bytes(emitted.output().content());
        }
        return BYTES_PER_EVENT + (event instanceof JobEvent.Reported reported ? bytes(reported.further()) : 0);
    }

    private static long bytes(@Nullable String further) {
        return further == null ? 0 : further.length();
    }

    private void erase(Entry entry, Instant now) {
        entries.remove(entry.job.id());
        if (entry.key != null) {
            keys.remove(entry.key, entry); // unless a newer job took it since this one expired
        }
        budget.giveBack(entry.bytes);
        retention.erased(entry.job.id(), now);
    }

    private Entry known(JobId id) {
        Entry entry = entries.get(id);
        if (entry == null) {
            throw new IllegalStateException("job " + id + " waits but is not kept");
        }
        return entry;
    }
}
