package dev.sluice.journal.core;

import java.util.List;
import reactor.core.publisher.Mono;

/** Stores the pieces of bodies while these are received. */
public interface PieceStore {

    /**
     * Writes some pieces of a body; completes when they are written. Called with the pieces of a body in order, the
     * next ones after the previous call has completed; may be called again with the same pieces after an error. The
     * first piece also marks the body as being received, so that its remains are found if this process dies.
     *
     * @param first the number of the first piece, from 0
     */
    Mono<Void> write(BodyName body, int first, List<byte[]> pieces);

    /**
     * Discards the pieces of a body and its mark. Never fails: remains are removed later. Must not be called while a
     * {@link #write} of that body is under way.
     */
    void discard(BodyName body);
}
