package dev.sluice.journal.core;

import java.util.List;
import reactor.core.publisher.Mono;

/** Where the pieces of bodies are written while these come in. */
public interface PieceStore {

    /**
     * Writes some pieces of a body; completes when they are written. The pieces of a body come in their order, the next when
     * the one before is written; after an error the same may come again. With its first piece the body is noted as being
     * received, so that what is left of it is found should this process die.
     *
     * @param first the number of the first of them, from 0
     */
    Mono<Void> write(BodyName body, int first, List<byte[]> pieces);

    /**
     * Removes what was written of a body that nobody will need, and the note of it. Never fails: what is left is removed
     * later. Called when no {@link #write} of that body is under way.
     */
    void discard(BodyName body);
}
