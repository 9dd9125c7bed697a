package dev.sluice.journal;

import dev.sluice.job.Group;
import dev.sluice.job.Job;
import java.util.List;

/**
 * Says which jobs the end of a job or of a group causes, such as the delivery of a callback. The journal appends them in the same
 * atomic step as the end. Called on the journal's writer threads, possibly several times for one end; must be fast and must not
 * block or throw.
 */
public interface FollowUps {

    /** No follow-ups. */
    FollowUps NONE = new FollowUps() {};

    /** Those of all of these, in this order. */
    static FollowUps all(List<FollowUps> parts) {
        return new FollowUps() {
            @Override
            public List<FollowUp> of(Job before, Job ended) {
                return parts.stream()
                        .flatMap(part -> part.of(before, ended).stream())
                        .toList();
            }

            @Override
            public List<FollowUp> ofForgotten(Job before, Job ended) {
                return parts.stream()
                        .flatMap(part -> part.ofForgotten(before, ended).stream())
                        .toList();
            }

            @Override
            public List<FollowUp> of(Group finished) {
                return parts.stream()
                        .flatMap(part -> part.of(finished).stream())
                        .toList();
            }

            @Override
            public boolean mayFollow(Group.Spec group) {
                return parts.stream().anyMatch(part -> part.mayFollow(group));
            }
        };
    }

    /**
     * A job to be appended.
     *
     * @param job the job; without an idempotency key and without a group
     * @param body its body, at most 32 KiB; ownership passes to the journal
     */
    record FollowUp(NewJob job, byte[] body) {}

    /**
     * Returns the jobs that the end of a job causes.
     *
     * @param before the job before the move that ended it
     * @param ended the finished job
     */
    default List<FollowUp> of(Job before, Job ended) {
        return List.of();
    }

    /** As {@link #of(Job, Job)}, for a job that is cancelled in order to be erased: none that tell of it. */
    default List<FollowUp> ofForgotten(Job before, Job ended) {
        return List.of();
    }

    /** Returns the jobs that the end of a group causes. */
    default List<FollowUp> of(Group finished) {
        return List.of();
    }

    /**
     * Whether the end of a group may cause any. Where it cannot, its journal may take a shorter way. Depends on nothing but what was
     * settled at the creation of the group, so that the answer may be kept.
     */
    default boolean mayFollow(Group.Spec group) {
        return true;
    }
}
