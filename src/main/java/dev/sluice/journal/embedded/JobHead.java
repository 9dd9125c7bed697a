package dev.sluice.journal.embedded;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Progress;
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
 * @param events what is stored of its events
 */
record JobHead(Job job, byte[] key, int requestPieces, int resultPieces, boolean credentials, StoredEvents events) {

    static final byte[] NO_KEY = new byte[0];

    /** The first form with a flag for credentials. */
    private static final int WITH_CREDENTIALS = 3;

    /** The head of a new job. */
    JobHead(Job accepted, byte[] key, int requestPieces, int resultPieces, boolean credentials) {
        this(accepted, key, requestPieces, resultPieces, credentials, StoredEvents.NONE);
    }

    /** Returns the head after a move without a response, which discards an answer that was not decided on. */
    JobHead with(Job next) {
        StoredEvents told = told(next);
        boolean goesOn = next.state() == JobState.RUNNING && !next.parked();
        return with(next, isAnswered(next) ? resultPieces : 0, goesOn ? told : told.withoutStream());
    }

    /** Returns the head after a move with a response. */
    JobHead with(Job next, int responsePieces) {
        return with(next, responsePieces, told(next).withoutStream());
    }

    /** Returns the head after the end with the response that was streamed. */
    JobHead ended(Job next) {
        return with(next, 0, told(next));
    }

    private JobHead with(Job next, int responsePieces, StoredEvents stored) {
        return new JobHead(
                next,
                key,
                requestPieces,
                responsePieces,
                credentials && !next.state().finished(),
                stored);
    }

    /** Whether an answer is stored with a job that is still to be decided on. */
    static boolean isAnswered(Job job) {
        return job.awaiting() instanceof Awaiting.Answered;
    }

    /**
     * Returns the head after output.
     *
     * @param first the number of the first of its events
     */
    JobHead emitted(Job next, long first) {
        return new JobHead(next, key, requestPieces, resultPieces, credentials, events.withOutput(first));
    }

    /** Returns the head after output up to this number, of which the job does not know yet. */
    JobHead emittedUntil(long lastSeq) {
        Progress said = job.progress();
        long outputs = (said == null ? 0 : said.outputs()) + lastSeq - job.lastSeq();
        Progress progress = said == null
                ? new Progress(null, null, outputs)
                : new Progress(said.percent(), said.message(), outputs);
        JobStatus.Builder status = job.status().toBuilder().lastSeq(lastSeq).progress(progress);
        Job next = new Job(job.id(), job.route(), job.order(), job.spec(), status.build());
        return new JobHead(next, key, requestPieces, resultPieces, credentials, events);
    }

    private StoredEvents told(Job next) {
        return next.lastSeq() == job.lastSeq() ? events : events.with(next.lastSeq());
    }

    byte[] bytes() {
        Packer out = JobCodec.packer(128);
        JobCodec.job(out, job);
        out.block(key).number(requestPieces).number(resultPieces).put(credentials ? 1 : 0);
        events.pack(out);
        return out.toBytes();
    }

    static JobHead of(JobId id, byte[] value) {
        Unpacker in = new Unpacker(value);
        int form = JobCodec.form(in);
        Job job = JobCodec.job(id, in, form);
        return new JobHead(
                job,
                in.block(),
                (int) in.number(),
                (int) in.number(),
                form >= WITH_CREDENTIALS && in.get() == 1,
                StoredEvents.unpack(in, job.lastSeq()));
    }
}
