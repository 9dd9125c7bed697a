package dev.sluice.journal.embedded;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.Packer;
import dev.sluice.journal.core.Unpacker;

/**
 * The stored record of a job: the job itself, and what is stored of it elsewhere, so that it can be erased without
 * further reads.
 *
 * @param job the job
 * @param key hash of its idempotency key; empty if it has none
 * @param requestPieces pieces of the request's body; 0 if it is stored with the head
 * @param resultPieces pieces of the response's body; 0 if it is stored with the head, or there is none
 * @param credentials whether the credentials of its request are stored
 */
record JobHead(Job job, byte[] key, int requestPieces, int resultPieces, boolean credentials) {

    static final byte[] NO_KEY = new byte[0];

    /** The first form with a flag for credentials. */
    private static final int WITH_CREDENTIALS = 3;

    /** Returns the head after a move without a response, which discards an answer that was not decided on. */
    JobHead with(Job next) {
        return with(next, isAnswered(next) ? resultPieces : 0);
    }

    /** Returns the head after a move with a response. */
    JobHead with(Job next, int responsePieces) {
        return new JobHead(
                next,
                key,
                requestPieces,
                responsePieces,
                credentials && !next.state().finished());
    }

    /** Whether an answer is stored with a job that is still to be decided on. */
    static boolean isAnswered(Job job) {
        return job.awaiting() instanceof Awaiting.Answered;
    }

    byte[] bytes() {
        Packer out = JobCodec.packer(128);
        JobCodec.job(out, job);
        return out.block(key)
                .number(requestPieces)
                .number(resultPieces)
                .put(credentials ? 1 : 0)
                .toBytes();
    }

    static JobHead of(JobId id, byte[] value) {
        Unpacker in = new Unpacker(value);
        int form = JobCodec.form(in);
        return new JobHead(
                JobCodec.job(id, in, form),
                in.block(),
                (int) in.number(),
                (int) in.number(),
                form >= WITH_CREDENTIALS && in.get() == 1);
    }
}
