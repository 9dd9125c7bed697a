package dev.sluice.journal.embedded;

import java.util.ArrayList;
import java.util.List;

/**
 * Steps of different jobs that one change takes together. Each of them is read before the first is added, so that one that cannot
 * be read leaves none of the others half done: those are left out, or the change fails and nothing is written.
 */
final class StagedMoves {

    private final List<StagedMove> moves = new ArrayList<>();
    private final List<Runnable> additions = new ArrayList<>();

    /**
     * Reads what a step takes; adds nothing to the group yet.
     *
     * @throws dev.sluice.journal.JournalUnavailableException if that cannot be read; the step is not one of these then
     */
    void read(StagedMove move, CommitGroup group) {
        additions.add(group.prepare(move.before(), move.after(), move.step()));
        moves.add(move);
    }

    /** Adds all steps to the group; reads nothing. */
    void stage() {
        additions.forEach(Runnable::run);
    }

    List<StagedMove> all() {
        return moves;
    }

    boolean isEmpty() {
        return moves.isEmpty();
    }
}
