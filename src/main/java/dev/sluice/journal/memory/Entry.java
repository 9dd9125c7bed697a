package dev.sluice.journal.memory;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.NewJob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that is kept of one job; owned by the journal's thread. */
final class Entry {

    final JobRequest request;
    final Body requestBody;
    final @Nullable IdempotencyKey key;
    final byte[] fingerprint;
    final List<JobEvent> events = new ArrayList<>(4);

    Job job;

    /** Until when its claim holds, while it runs. */
    Instant heldUntil = Instant.MIN;

    /** Go with the end of the job. */
    Headers credentials;

    @Nullable
    JobResult result;

    @Nullable
    Body resultBody;

    /** Bytes of the budget that were taken for an answer under its claim. */
    long received;

    /** Bytes of the budget that go when it is erased. */
    long bytes;

    Entry(NewJob given, Job job, Body requestBody, byte[] fingerprint) {
        this.request = given.request();
        this.credentials = given.credentials();
        this.key = given.key();
        this.job = job;
        this.requestBody = requestBody;
        this.fingerprint = fingerprint;
    }

    /** Whether whoever shows this claim still holds the job. */
    boolean heldBy(Job claimed, Instant now) {
        return running() && job.fence() == claimed.fence() && heldUntil.isAfter(now);
    }

    /** Whether its idempotency key is still its own. */
    boolean holdsKey(Instant now) {
        return !job.expired(now);
    }

    List<JobEvent> eventsAfter(long seq) {
        return events.stream().filter(event -> event.seq() > seq).toList();
    }

    boolean running() {
        return job.state() == dev.sluice.job.JobState.RUNNING;
    }
}
