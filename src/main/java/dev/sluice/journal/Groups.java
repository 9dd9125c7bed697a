package dev.sluice.journal;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobState;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The part of the {@link Journal} that keeps groups of jobs. A job joins its group with its acceptance, in the same atomic step
 * ({@link dev.sluice.job.JobSpec#group}); every event of a job of a group but {@code output} counts in the group in the step in
 * which it is recorded. So counts are exact, and a group finishes with the end of its last job.
 */
public interface Groups {

    /** Creates a group. On stable storage when it completes. */
    Mono<Group> createGroup(NewGroup group);

    /** Returns a group as it stands; empty if the id is unknown. */
    Mono<GroupLookup> findGroup(GroupId id);

    /**
     * Closes a group, which finishes if all its jobs have; one that is closed stays as it is.
     *
     * @return the group after it; empty if the id is unknown or erased
     */
    Mono<Group> closeGroup(GroupId id);

    /**
     * Closes a group and cancels its unfinished jobs, in bounded steps. That it is to be cancelled is durable before the first step,
     * so that {@link #tendGroups} goes on if the node dies.
     *
     * @return the group when all its jobs have ended; empty if the id is unknown or erased; error
     *     {@link GroupFinishedException} if the group had finished before and was not cancelled
     */
    Mono<Group> cancelGroup(GroupId id);

    /**
     * Erases a group and all its jobs, which are cancelled first; no callback tells of it. From the first step on, which is durable,
     * the group is unknown but for its tombstone; its jobs go in bounded steps, and {@link #tendGroups} goes on if the node dies.
     * Completes when all are erased, with whether there was a group to erase.
     */
    Mono<Boolean> eraseGroup(GroupId id);

    /**
     * Returns jobs of a group that are not erased, in the order of their acceptance.
     *
     * @param state only jobs in this state; null for all
     * @param limit the most jobs of a page, at least 1; a page may be short without being the last
     * @param from {@link MemberPage#next} of the page before; 0 for the first one
     * @return the page; empty if the id is unknown or erased
     */
    Mono<MemberPage> members(GroupId id, @Nullable JobState state, int limit, long from);

    /**
     * Returns the events of a group with a number above {@code after} that are recorded so far, in order, read on demand; empty if
     * the id is unknown or erased. Events of jobs that are erased, or no longer kept, are left out, so that the numbers jump.
     */
    Flux<GroupEvent> groupHistory(GroupId id, long after);

    /**
     * Emits the number of the latest event of a group, as this node knows it, at once and whenever it has risen; of several in quick
     * succession only the last one. Events that other nodes record are noticed at once as a rule, and within 2 seconds at the
     * latest. Completes when the group is erased, and with {@link JournalUpkeep#close}; empty if the id is unknown or erased.
     */
    Flux<Long> groupTail(GroupId id);

    /**
     * Closes the groups that nobody has joined for {@code idle}, and goes on with cancelling and erasing groups where that was
     * interrupted. In bounded steps; cheap if there is nothing to do.
     */
    Mono<Void> tendGroups(Duration idle);
}
