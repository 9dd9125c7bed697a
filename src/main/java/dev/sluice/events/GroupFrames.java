package dev.sluice.events;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.JobJson;

/** Encodes the events of groups for readers that see the gateway under one path prefix. Immutable. */
record GroupFrames(JobJson jobs, GroupJson groups) {

    GroupFrames behind(String prefix) {
        return new GroupFrames(jobs.behind(prefix), groups.behind(prefix));
    }

    SseFrame of(GroupEvent event) {
        if (event instanceof GroupEvent.OfJob ofJob) {
            return SseFrame.inGroup(ofJob.seq(), ofJob.event(), jobs);
        }
        GroupEvent.OfGroup ofGroup = (GroupEvent.OfGroup) event;
        return SseFrame.ofGroup(
                ofGroup.seq(), ofGroup.at(), ofGroup.change() == GroupEvent.Change.FINISHED, groups.event(ofGroup));
    }

    /** The group as it stands, in place of the events up to its latest one; a finished one with its final event. */
    SseFrame summary(Group group) {
        if (group.finishedAt() != null) {
            return of(new GroupEvent.OfGroup(group.lastSeq(), GroupEvent.Change.FINISHED, group.finishedAt(), group));
        }
        return SseFrame.ofGroup(group.lastSeq(), null, false, groups.summary(group));
    }
}
