package dev.sluice.journal.embedded;

import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.ClaimedRequests;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.EventCodec;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.OutputBlock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The atomic write of one group of changes. Changes of one group see each other's jobs, and the group can be rolled
 * back if it is unknown whether it was written.
 */
final class CommitGroup implements AutoCloseable {

    static final byte[] NOTHING = new byte[0];

    private final Store store;
    private final WorkingSet working;
    private final Store.Batch batch;
    private final List<Store.Batch> included = new ArrayList<>();
    private final StagedJobs jobs;
    private final StagedValues values;
    private final FollowUps followUps;
    private final List<Job> caused = new ArrayList<>();
    private final List<Accepted> accepted = new ArrayList<>();
    private final Set<JobId> started = new HashSet<>(); // of the accepted
    private final Set<String> requeued = new HashSet<>(); // routes
    private final StagedGroups groups;
    private boolean sync;

    /** A job that a group accepts. */
    record Accepted(Job job, ClaimedRequests.Columns request) {}

    /** Creates a group that ends no jobs. */
    CommitGroup(Store store, WorkingSet working) {
        this(store, working, FollowUps.NONE);
    }

    CommitGroup(Store store, WorkingSet working, FollowUps followUps) {
        this.store = store;
        this.working = working;
        this.followUps = followUps;
        this.batch = store.batch();
        this.jobs = new StagedJobs(store, working);
        this.values = new StagedValues(store);
        this.groups = new StagedGroups(
                store, working, finished -> followUps.of(finished).forEach(this::cause));
    }

    /** Returns the jobs as its changes see them. */
    StagedJobs jobs() {
        return jobs;
    }

    /** Returns what it changes in groups of jobs. */
    StagedGroups groups() {
        return groups;
    }

    void put(Table table, byte[] key, byte[] value) {
        batch.put(table, key, value);
    }

    void delete(Table table, byte[] key) {
        batch.delete(table, key);
    }

    void deleteRange(Table table, byte[] from, byte[] to) {
        batch.deleteRange(table, from, to);
    }

    /** Returns the batch of this group, to add writes to. */
    Store.Batch batch() {
        return batch;
    }

    /**
     * Includes a batch that was prepared elsewhere, to be written before the group's own. The caller closes it
     * afterwards.
     */
    void include(Store.Batch other) {
        included.add(other);
    }

    /** Requests that the group completes only when it is on stable storage. */
    void sync() {
        sync = true;
    }

    /** Admits a refusable write of that many bytes, or throws if there is no room. */
    void admitNew(long bytes) {
        store.admitNew(bytes);
    }

    /** As {@link Store#admit}. */
    void admit(long bytes) {
        store.admit(bytes);
    }

    /** Puts a new job, which its group takes, with its request. */
    void accept(JobHead head, ClaimedRequests.Columns request) {
        StagedGroup joined = groups.of(head.job());
        JobId id = head.job().id();
        jobs.touch(new TouchedJob(null, head, null, null));
        accepted.add(new Accepted(head.job(), request));
        put(Table.OPEN, Keys.job(id), head.bytes());
        put(Table.REQUESTS, Keys.job(id), request.request());
        if (request.credentials() != null) {
            put(Table.CREDENTIALS, Keys.job(id), request.credentials());
        }
        groups.joined(joined, head.job());
        sync();
    }

    /** Appends a job that the end of another causes. The space of accepted jobs is taken for it: it is not refused. */
    void cause(FollowUp followUp) {
        NewJob wanted = followUp.job();
        Job job = wanted.accepted(working.nextOrder());
        Body body = new Body(followUp.body().length, 0, followUp.body());
        byte[] credentials = credentials(wanted);
        accept(
                new JobHead(job, JobHead.NO_KEY, 0, 0, credentials != null),
                new ClaimedRequests.Columns(JobCodec.request(wanted.request(), body), credentials));
        caused.add(job);
    }

    /** Returns the credentials of a new job as they are stored; null if it has none. */
    static byte @Nullable [] credentials(NewJob wanted) {
        return wanted.credentials().fields().isEmpty() ? null : JobCodec.headers(wanted.credentials());
    }

    /** Returns the jobs that this group accepts, as they are accepted. */
    List<Accepted> accepted() {
        return accepted;
    }

    /** Marks a job that this group accepts as started by it. */
    void start(JobId id) {
        started.add(id);
    }

    /** Whether this group starts a job that it accepts, which never waits then. */
    boolean starts(JobId id) {
        return started.contains(id);
    }

    /** Returns the routes of jobs that enter the queue again. */
    Set<String> requeued() {
        return requeued;
    }

    /** Returns the jobs that were caused by ends in this group, to be added to the working set once it is written. */
    List<Job> caused() {
        return caused;
    }

    /**
     * Reads what a step of a job takes. The action that is returned puts the job as it is after the step, with the event and
     * the jobs that its end causes; it reads nothing, so that a step is added completely or not at all. Steps of different
     * jobs may be prepared before the first of them is added.
     *
     * @throws dev.sluice.journal.JournalUnavailableException if something cannot be read; nothing was added
     */
    Runnable prepare(JobHead before, JobHead after, Decision.Step step) {
        Job job = after.job();
        StagedGroup member = groups.of(job);
        byte[] key = Keys.job(job.id());
        boolean forgets = before.credentials() && !after.credentials();
        boolean decides = JobHead.isAnswered(before.job()) && !JobHead.isAnswered(job);
        TouchedJob touched = jobs.touched(job.id());
        JobHead first = touched == null ? before : touched.before();
        byte[] answer = touched == null ? null : touched.answer();
        if ((decides && first != null && JobHead.isAnswered(first.job())) || replacesStream(first, after)) {
            answer = store.get(Table.RESULTS, key);
        }
        TouchedJob next = new TouchedJob(first, after, forgets ? store.get(Table.CREDENTIALS, key) : null, answer);
        List<FollowUp> causes = step.causes(followUps);
        return () -> {
            causes.forEach(this::cause);
            jobs.touch(next);
            move(before, after, step, member);
            if (forgets) {
                delete(Table.CREDENTIALS, key);
            }
            if (decides) {
                delete(Table.RESULTS, key); // put again if it becomes the result
            }
        };
    }

    private void move(JobHead before, JobHead after, Decision.Step step, @Nullable StagedGroup member) {
        Job job = after.job();
        byte[] key = Keys.job(job.id());
        jobs.moreRunning(job.route(), step.running());
        if (step.entersQueue()) {
            requeued.add(job.route());
        }
        JobEvent event = step.event();
        if (event != null) {
            put(Table.EVENTS, Keys.event(job.id(), event.seq()), EventCodec.event(event));
            trim(before, after, event.at());
        }
        if (step.ends()) {
            delete(Table.OPEN, key);
            put(Table.DONE, key, after.bytes());
            put(Table.EXPIRY, expiryKey(job), NOTHING);
        } else {
            put(Table.OPEN, key, after.bytes());
        }
        groups.moved(member, step);
        if (event != null || !Objects.equals(before.job().awaiting(), job.awaiting())) {
            sync(); // an event must not be published before it survives a power cut: its number would be reused
        }
    }

    private static boolean replacesStream(@Nullable JobHead before, JobHead after) {
        return before != null
                && before.events().stream() > 0
                && (after.events().stream() == 0 || after.job().state().finished());
    }

    /** In steps, because a range is marked as deleted with one row. */
    private void trim(JobHead before, JobHead after, Instant now) {
        long mark = before.events().mark();
        if (mark > 1 && mark < after.events().mark()) {
            JobId id = after.job().id();
            deleteRange(Table.EVENTS, Keys.event(id, 2), Keys.event(id, mark + 1));
            GroupId of = after.job().spec().group();
            if (of != null) {
                put(Table.GROUP_TASKS, GroupTask.trim(now, of), NOTHING);
            }
        }
    }

    /**
     * Puts output of a running job. Its head is written only with the first of a response: until the next move it follows from
     * the last of these events.
     *
     * @param result the head of the response
     */
    void emit(JobHead before, JobHead after, List<JobEvent.Emitted> events, JobResult result) {
        JobId id = after.job().id();
        TouchedJob touched = jobs.touched(id);
        jobs.touch(
                touched == null
                        ? new TouchedJob(before, after, null, null)
                        : new TouchedJob(touched.before(), after, null, touched.answer()));
        OutputBlock.pack(events, (first, block) -> put(Table.OUTPUTS, Keys.event(id, first), block));
        if (before.events().stream() == 0) {
            put(Table.OPEN, Keys.job(id), after.bytes());
            put(Table.RESULTS, Keys.job(id), JobCodec.streamed(result, after.events().stream()));
        }
        sync(); // as a move
    }

    /** Holds an idempotency key for a job. */
    void hold(byte[] key, byte[] holder) {
        values.hold(batch, key, holder);
    }

    /** Sets a fact, or removes it if the value is null. */
    void setFact(byte[] key, byte @Nullable [] value) {
        values.setFact(batch, key, value);
    }

    /** Who holds an idempotency key. */
    byte @Nullable [] holder(byte[] key) {
        return values.holder(key);
    }

    void write() {
        groups.put(batch);
        boolean empty = batch.isEmpty();
        for (Store.Batch other : included) {
            store.write(other, sync && empty);
        }
        if (!empty) {
            store.write(batch, sync);
        }
        groups.written();
    }

    boolean synced() {
        return sync;
    }

    /**
     * Rolls back the group: restores jobs and facts as they were before it. For a group whose write failed but may have
     * reached the disk, because its callers received an error and memory was not updated.
     */
    void rollBack() {
        try (Store.Batch undo = store.batch()) {
            jobs.rollBack(undo);
            groups.rollBack(undo);
            values.rollBack(undo);
            if (!undo.isEmpty()) {
                store.write(undo, true);
            }
        }
    }

    @Override
    public void close() {
        batch.close();
    }

    static byte[] expiryKey(Job finished) {
        return Keys.expiry(Objects.requireNonNull(finished.expiresAt()).toEpochMilli(), finished.id());
    }

    /** Returns the job of a head if it is queued; otherwise null. */
    static @Nullable Job waiting(@Nullable JobHead head) {
        return head != null && head.job().state() == JobState.QUEUED ? head.job() : null;
    }
}
