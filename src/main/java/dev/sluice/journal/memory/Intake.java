package dev.sluice.journal.memory;

import dev.sluice.journal.core.Fingerprint;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A body while it is received; owned by the journal's thread. What it took of the budget is its job's once it is kept. */
final class Intake {

    private static final long BYTES_PER_PIECE = 24;

    private final MemoryBudget budget;
    private final @Nullable Fingerprint fingerprint;
    private final List<byte[]> pieces = new ArrayList<>();
    private long size;
    private long taken;
    private boolean ended;
    private boolean dropped;

    Intake(MemoryBudget budget, @Nullable Fingerprint fingerprint) {
        this.budget = budget;
        this.fingerprint = fingerprint;
    }

    void add(byte[] piece) {
        if (ended || piece.length == 0) {
            return;
        }
        budget.take(piece.length + BYTES_PER_PIECE);
        taken += piece.length + BYTES_PER_PIECE;
        size += piece.length;
        pieces.add(piece);
        if (fingerprint != null) {
            fingerprint.add(piece);
        }
    }

    /** What was received, and from now on the receiver's to account for. */
    Body keep() {
        ended = true;
        return new Body(List.copyOf(pieces), size);
    }

    /** Gives up what was received, unless it was kept. */
    void drop() {
        if (!ended) {
            ended = true;
            dropped = true;
            pieces.clear();
            budget.giveBack(taken);
        }
    }

    /** Whether it was given up. */
    boolean isDropped() {
        return dropped;
    }

    long taken() {
        return taken;
    }

    /** To be asked for once, after the last piece. */
    byte[] fingerprint() {
        return fingerprint == null ? new byte[0] : fingerprint.bytes();
    }
}
