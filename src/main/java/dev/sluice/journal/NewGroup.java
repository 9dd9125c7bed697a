package dev.sluice.journal;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;

/**
 * A group to be created.
 *
 * @param id its id
 * @param spec its settled attributes; {@code createdAt} is the time in the id
 */
public record NewGroup(GroupId id, Group.Spec spec) {

    /** The group when it has been created: open, without jobs, with one event. */
    public Group created() {
        return new Group(id, spec, 1, spec.createdAt(), null, null, Group.Counts.NONE);
    }
}
