package dev.sluice.journal.postgres;

import dev.sluice.job.Headers;
import dev.sluice.job.JobRequest;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.GroupCommitter;
import dev.sluice.journal.core.JobCodec;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** A job waiting to be accepted. */
final class PendingAppend implements GroupCommitter.Member {

    final NewJob wanted;
    final byte[] detail;
    final byte[] request;
    final @Nullable String key;
    final byte @Nullable [] print;
    final byte @Nullable [] credentials;
    private final Body body;
    private final Runnable discard;
    private final MonoSink<Appended> sink;
    private boolean unsure;
    private int rounds;

    /**
     * Encodes on the caller's thread.
     *
     * @param apart whether credentials are stored apart, so that they can be erased before the rest of the request
     * @param discard removes the pieces of the body
     */
    PendingAppend(
            NewJob wanted,
            Body body,
            @Nullable Fingerprint fingerprint,
            boolean apart,
            Runnable discard,
            MonoSink<Appended> sink) {
        this.wanted = wanted;
        this.body = body;
        this.detail = JobCodec.spec(wanted.accepted(0).spec());
        JobRequest head = apart ? wanted.request() : Credentials.together(wanted.request(), wanted.credentials());
        this.request = JobCodec.request(head, body);
        Headers separate = apart ? wanted.credentials() : Headers.NONE;
        this.credentials = separate.fields().isEmpty() ? null : JobCodec.headers(separate);
        this.key = wanted.key() == null ? null : wanted.key().hash();
        this.print = fingerprint == null ? null : fingerprint.bytes();
        this.discard = discard;
        this.sink = sink;
    }

    @Override
    public int weight() {
        return 512 + request.length + (credentials == null ? 0 : credentials.length);
    }

    @Override
    public boolean refusable() {
        return true;
    }

    @Override
    public void failed(Throwable error) {
        if (!unsure) {
            discardPieces();
        }
        sink.error(error);
    }

    boolean isPieced() {
        return body.pieces() > 0;
    }

    QueueLane lane() {
        return new QueueLane(wanted.route(), wanted.spec().turn());
    }

    Appends.Place place() {
        return new Appends.Place(lane(), wanted.spec().urgency());
    }

    private void discardPieces() {
        if (isPieced()) {
            discard.run();
        }
    }

    /**
     * Marks it as in doubt: its caller receives an error although it may have been written, so that its pieces must be
     * kept.
     */
    void unsure() {
        unsure = true;
    }

    /** Counts a retry, made because the holder of its key disappeared; returns the number of retries. */
    int nextRound() {
        return ++rounds;
    }

    void accepted(Appended.Created created) {
        sink.success(created);
    }

    void refused(Appended instead) {
        discardPieces();
        sink.success(instead);
    }
}
