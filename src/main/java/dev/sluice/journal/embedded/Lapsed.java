package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What the time that has passed makes of jobs, to be written before others are claimed. */
final class Lapsed {

    private Lapsed() {}

    /** Returns the failures of jobs whose deadline has passed, a bounded number, and the losses of those whose lease has expired. */
    static List<StagedMove> read(CommitGroup group, WorkingSet working, Instant now) {
        List<StagedMove> lapsed = new ArrayList<>();
        Set<JobId> overdue = new HashSet<>();
        for (StagedMove moved : OverdueChange.read(group, working, now)) {
            overdue.add(moved.before().job().id());
            lapsed.add(moved);
        }
        for (JobHead head : working.expired()) {
            JobId id = head.job().id();
            if (!group.touches(id) && !overdue.contains(id)) {
                lapsed.add(Objects.requireNonNull(StagedMove.of(head, Guard.LEASE_OUT, new Transition.Lose(), now)));
            }
        }
        return lapsed;
    }
}
