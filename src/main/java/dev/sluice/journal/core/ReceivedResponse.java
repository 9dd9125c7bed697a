package dev.sluice.journal.core;

import dev.sluice.job.Job;
import dev.sluice.journal.ReceivedBody;

/**
 * A response received under a claim that has not ended its job yet.
 *
 * @param name the name of its body
 * @param fence the fence of the claim
 */
public record ReceivedResponse(BodyName name, long fence, Body body) implements ReceivedBody {

    /** Whether it was received under this claim. */
    public boolean isOf(Job claimed) {
        return fence == claimed.fence() && name.job().equals(claimed.id());
    }

    @Override
    public long size() {
        return body.size();
    }
}
