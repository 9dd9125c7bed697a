package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.Headers;
import dev.sluice.job.JobRequest;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.JobCodec;
import org.jspecify.annotations.Nullable;

/** A job to be accepted, in the form in which it is stored. */
sealed class AppendRow permits PendingAppend {

    final NewJob wanted;
    final byte[] detail;
    final byte[] request;
    final @Nullable String key;
    final byte @Nullable [] print;
    final byte @Nullable [] credentials;
    final @Nullable GroupId group;
    private final boolean pieced;

    /**
     * Encodes on the caller's thread.
     *
     * @param apart whether credentials are stored apart, so that they can be erased before the rest of the request
     */
    AppendRow(NewJob wanted, Body body, @Nullable Fingerprint fingerprint, boolean apart) {
        this.wanted = wanted;
        this.group = wanted.spec().group();
        this.pieced = body.pieces() > 0;
        this.detail = JobCodec.spec(wanted.accepted(0).spec());
        JobRequest head = apart ? wanted.request() : Credentials.together(wanted.request(), wanted.credentials());
        this.request = JobCodec.request(head, body);
        Headers separate = apart ? wanted.credentials() : Headers.NONE;
        this.credentials = separate.fields().isEmpty() ? null : JobCodec.headers(separate);
        this.key = wanted.key() == null ? null : wanted.key().hash();
        this.print = fingerprint == null ? null : fingerprint.bytes();
    }

    /** Encodes a job that an end causes. */
    static AppendRow of(FollowUp caused, boolean apart) {
        byte[] body = caused.body();
        return new AppendRow(caused.job(), new Body(body.length, 0, body), null, apart);
    }

    final boolean isPieced() {
        return pieced;
    }

    final QueueLane lane() {
        return new QueueLane(wanted.route(), wanted.spec().turn());
    }

    final Appends.Place place() {
        return new Appends.Place(lane(), wanted.spec().urgency());
    }
}
