package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import org.jspecify.annotations.Nullable;

/**
 * A job that a commit group changes.
 *
 * @param before the job before the group; null if it is new
 * @param after the job after the group's changes up to now
 * @param credentials those that it deletes
 * @param answer the undecided answer, or the head of the streamed one, that it may delete or replace
 */
record TouchedJob(@Nullable JobHead before, JobHead after, byte @Nullable [] credentials, byte @Nullable [] answer) {

    /** Restores the job as it was before. */
    void rollBack(Store.Batch undo) {
        Job last = after.job();
        byte[] key = Keys.job(last.id());
        long kept = 1;
        if (before == null) {
            undo.delete(Table.OPEN, key);
            undo.delete(Table.REQUESTS, key);
            undo.delete(Table.CREDENTIALS, key);
        } else {
            kept = before.job().lastSeq();
            undo.put(Table.OPEN, key, before.bytes());
        }
        boolean emitted = after.events().outputs() > 0;
        for (long seq = kept + 1; seq <= last.lastSeq(); seq++) {
            undo.delete(Table.EVENTS, Keys.event(last.id(), seq));
            if (emitted) {
                undo.delete(Table.OUTPUTS, Keys.event(last.id(), seq));
            }
        }
        if (last.state().finished()) {
            undo.delete(Table.DONE, key);
            undo.delete(Table.EXPIRY, CommitGroup.expiryKey(last));
        }
        if (answer != null) {
            undo.put(Table.RESULTS, key, answer);
        } else if (before == null || !(JobHead.isAnswered(before.job()) || before.events().stream() > 0)) {
            undo.delete(Table.RESULTS, key);
        }
        if (before != null && credentials != null) {
            undo.put(Table.CREDENTIALS, key, credentials);
        }
    }
}
