package dev.sluice.journal.embedded;

import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyName;

/**
 * An answer that was taken in under a claim and has not ended its job yet.
 *
 * @param name under which its pieces are written
 * @param fence of the claim
 */
record Received(BodyName name, long fence, Body body) implements ReceivedBody {

    @Override
    public long size() {
        return body.size();
    }
}
