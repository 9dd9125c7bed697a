package dev.sluice.protection;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** All protections together. See {@link Protection} for the methods. */
public final class Protections {

    private final List<Protection> all;
    private final Changes changes;

    /**
     * Combines protections.
     *
     * @param changes what the protections signal when they allow more than they said
     */
    public Protections(List<Protection> all, Changes changes) {
        this.all = List.copyOf(all);
        this.changes = changes;
    }

    /** What all of them allow. */
    public Opening opening(CallPolicy policy, int underWay, Instant now) {
        Opening opening = Opening.FREE;
        for (Protection protection : all) {
            if (protection.protects(policy)) {
                opening = opening.and(protection.opening(policy, underWay, now));
            }
        }
        return opening;
    }

    /** How fast jobs can be started in the near future. */
    public Outlook outlook(CallPolicy policy, Instant now) {
        Outlook outlook = Outlook.FREE;
        for (Protection protection : all) {
            if (protection.protects(policy)) {
                outlook = outlook.and(protection.outlook(policy, now));
            }
        }
        return outlook;
    }

    /** Passes on what was claimed. */
    public void claimed(CallPolicy policy, Collection<Job> jobs, Instant now) {
        for (Protection protection : all) {
            if (protection.protects(policy)) {
                protection.claimed(policy, jobs, now);
            }
        }
    }

    /** Passes on how a call ended. */
    public void ended(CallPolicy policy, EndedCall call, Instant now) {
        for (Protection protection : all) {
            if (protection.protects(policy)) {
                protection.ended(policy, call, now);
            }
        }
        if (call.end() != EndedCall.End.ANSWERED || policy.concurrency().adaptive()) {
            changes.signal(); // less may be started now
        }
    }

    /** Passes on what a backend has sent by a call of its own. */
    public void completed(CallPolicy policy, EndedCall answer, Instant now) {
        for (Protection protection : all) {
            if (protection.protects(policy)) {
                protection.completed(policy, answer, now);
            }
        }
        changes.signal(); // it may ask to be left alone
    }

    /** Sets what is run, on any thread, when more or less may be started than a protection said before. */
    public void whenChanged(Runnable listener) {
        changes.listen(listener);
    }
}
