package dev.sluice.journal.memory;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which finished job expires next, and the ids of those that were erased; owned by the journal's thread. */
final class Retention {

    private static final long BYTES_PER_TOMBSTONE = 160;

    private final MemoryBudget budget;
    private final PriorityQueue<Dated> finished = new PriorityQueue<>(Comparator.comparing(Dated::at));
    private final PriorityQueue<Dated> erased = new PriorityQueue<>(Comparator.comparing(Dated::at));
    private final Set<JobId> tombstones = new HashSet<>();

    private record Dated(Instant at, JobId id) {}

    Retention(MemoryBudget budget) {
        this.budget = budget;
    }

    void finished(Job job) {
        finished.add(new Dated(Objects.requireNonNull(job.expiresAt()), job.id()));
    }

    boolean isExpired(JobId id) {
        return tombstones.contains(id);
    }

    /** Takes the next job that expired, whether or not it was erased before; null if there is none. */
    @Nullable
    JobId nextExpired(Instant now) {
        Dated first = finished.peek();
        if (first == null || first.at().isAfter(now)) {
            return null;
        }
        finished.remove();
        return first.id();
    }

    void erased(JobId id, Instant now) {
        tombstones.add(id);
        erased.add(new Dated(now, id));
        budget.takeAnyway(BYTES_PER_TOMBSTONE);
    }

    int removeTombstones(Instant now, Duration kept, int most) {
        int removed = 0;
        for (Dated oldest = erased.peek(); oldest != null && removed < most; oldest = erased.peek()) {
            if (oldest.at().plus(kept).isAfter(now)) {
                break;
            }
            erased.remove();
            tombstones.remove(oldest.id());
            budget.giveBack(BYTES_PER_TOMBSTONE);
            removed++;
        }
        return removed;
    }
}
