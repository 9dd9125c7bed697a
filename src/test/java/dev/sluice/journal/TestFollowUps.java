package dev.sluice.journal;

import dev.sluice.job.Group;
import dev.sluice.job.Job;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Follow-ups that a test sets. */
public final class TestFollowUps implements FollowUps {

    private volatile BiFunction<Job, Job, List<FollowUp>> ofJobs = (before, ended) -> List.of();
    private volatile BiFunction<Job, Job, List<FollowUp>> ofForgotten = (before, ended) -> List.of();
    private volatile Function<Group, List<FollowUp>> ofGroups = finished -> List.of();

    public void ofJobs(BiFunction<Job, Job, List<FollowUp>> value) {
        ofJobs = value;
    }

    public void ofForgotten(BiFunction<Job, Job, List<FollowUp>> value) {
        ofForgotten = value;
    }

    /** Sets what groups cause that have a callback. */
    public void ofGroups(Function<Group, List<FollowUp>> value) {
        ofGroups = value;
    }

    @Override
    public List<FollowUp> of(Job before, Job ended) {
        return ofJobs.apply(before, ended);
    }

    @Override
    public List<FollowUp> ofForgotten(Job before, Job ended) {
        return ofForgotten.apply(before, ended);
    }

    @Override
    public List<FollowUp> of(Group finished) {
        return mayFollow(finished.spec()) ? ofGroups.apply(finished) : List.of();
    }

    @Override
    public boolean mayFollow(Group.Spec group) {
        return group.callback() != null;
    }
}
