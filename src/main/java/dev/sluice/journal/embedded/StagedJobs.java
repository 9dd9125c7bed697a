package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The jobs as seen by the changes of one commit group: as stored, with what the changes before did to them. */
final class StagedJobs {

    private final Store store;
    private final WorkingSet working;
    private final Map<JobId, TouchedJob> touched = new LinkedHashMap<>();
    private final Set<JobId> erased = new HashSet<>();
    private final Map<String, Integer> moreRunning = new HashMap<>(); // by route; negative if jobs ended

    StagedJobs(Store store, WorkingSet working) {
        this.store = store;
        this.working = working;
    }

    /** Returns the job if it is unfinished or was finished by this group; otherwise null. */
    @Nullable
    JobHead open(JobId id) {
        TouchedJob job = touched.get(id);
        if (job != null) {
            return job.after();
        }
        JobHead running = working.running(id);
        if (running != null) {
            return running;
        }
        byte[] stored = store.get(Table.OPEN, Keys.job(id));
        return stored == null ? null : JobHead.of(id, stored);
    }

    /** Returns the stored finished job; null if there is none or only its tombstone, or if this group erases it. */
    @Nullable
    JobHead done(JobId id) {
        if (erased.contains(id)) {
            return null;
        }
        byte[] stored = store.get(Table.DONE, Keys.job(id));
        return stored == null || stored.length == 0 ? null : JobHead.of(id, stored);
    }

    /** Whether an earlier change of this group touched the job. */
    boolean touches(JobId id) {
        return touched.containsKey(id);
    }

    /** Returns a job as it was before this group; empty if the group did not touch it, or accepts it. */
    Optional<JobHead> before(JobId id) {
        return Optional.ofNullable(touched.get(id)).map(TouchedJob::before);
    }

    /** Returns the number of running jobs of a route. */
    int running(String route) {
        return (int) working.index().backlog().of(route).running() + moreRunning.getOrDefault(route, 0);
    }

    /** Returns what earlier changes of this group did to the job; null if nothing. */
    @Nullable
    TouchedJob touched(JobId id) {
        return touched.get(id);
    }

    /** Notes what the changes of this group, the present one included, do to a job. */
    void touch(TouchedJob job) {
        touched.put(job.after().job().id(), job);
    }

    /** Notes that a stored finished job is erased. */
    void erase(JobId id) {
        erased.add(id);
    }

    /** Notes that jobs of a route begin to run, or end if the number is negative. */
    void moreRunning(String route, int jobs) {
        if (jobs != 0) {
            moreRunning.merge(route, jobs, Integer::sum);
        }
    }

    /** Restores the jobs as they were before. */
    void rollBack(Store.Batch undo) {
        touched.values().forEach(job -> job.rollBack(undo));
    }
}
