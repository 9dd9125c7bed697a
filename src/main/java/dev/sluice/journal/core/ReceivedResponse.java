package dev.sluice.journal.core;

import dev.sluice.job.Job;
import dev.sluice.journal.ReceivedBody;

/**
 * A response that was taken in under a claim and has not ended its job yet.
 *
 * @param name under which its pieces are written
 * @param fence of the claim
 */
public record ReceivedResponse(BodyName name, long fence, Body body) implements ReceivedBody {

    /** Whether it was taken in under this claim. */
    public boolean isOf(Job claimed) {
        return fence == claimed.fence() && name.job().equals(claimed.id());
    }

    @Override
    public long size() {
        return body.size();
    }
}
