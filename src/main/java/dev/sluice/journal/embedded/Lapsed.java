package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Instant;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the time that has passed makes of jobs, to be written before others are claimed. */
final class Lapsed {

    private static final Logger log = LoggerFactory.getLogger(Lapsed.class);

    private Lapsed() {}

    /**
     * Reads the failures of jobs whose deadline has passed, a bounded number, and the losses of those whose lease has expired.
     * Losses that cannot be read are left to the next change.
     */
    static void read(StagedMoves lapsed, CommitGroup group, WorkingSet working, Instant now) {
        OverdueChange.read(lapsed, group, working, now);
        Set<JobId> overdue = new HashSet<>();
        lapsed.all().forEach(moved -> overdue.add(moved.before().job().id()));
        for (JobHead head : working.expired()) {
            JobId id = head.job().id();
            if (!group.jobs().touches(id) && !overdue.contains(id)) {
                lose(head, lapsed, group, now);
            }
        }
    }

    private static void lose(JobHead head, StagedMoves lapsed, CommitGroup group, Instant now) {
        try {
            lapsed.read(
                    Objects.requireNonNull(StagedMove.of(head, Guard.LEASE_OUT, new Transition.Lose(), now)), group);
        } catch (JournalUnavailableException e) {
            log.error(
                    "Job {} cannot be read, and that its claim has expired is not recorded: {}",
                    head.job().id(),
                    e.getMessage());
        }
    }
}
