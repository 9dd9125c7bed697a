package dev.sluice.journal.postgres;

import dev.sluice.journal.Appended;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.GroupCommitter;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** A job waiting to be accepted. */
final class PendingAppend extends AppendRow implements GroupCommitter.Member {

    private final Runnable discard;
    private final MonoSink<Appended> sink;
    private boolean unsure;
    private int rounds;

    /**
     * Encodes on the caller's thread.
     *
     * @param apart as in {@link AppendRow}
     * @param discard removes the pieces of the body
     */
    PendingAppend(
            NewJob wanted,
            Body body,
            @Nullable Fingerprint fingerprint,
            boolean apart,
            Runnable discard,
            MonoSink<Appended> sink) {
        super(wanted, body, fingerprint, apart);
        this.discard = discard;
        this.sink = sink;
    }

    boolean isOfGroup() {
        return group != null;
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
