package dev.sluice.loadtest.scenario;

import java.util.List;

/** A load that answers one question. Implementations are listed in {@link Scenarios}. */
public interface Scenario {

    /** The word of the command. */
    String name();

    /** The question that it answers, as one line of {@code --help}. */
    String question();

    /** What may be set for it, beside what may be set for all: its own options, and those of {@link Common} that it uses. */
    List<Option<?>> options();

    /**
     * Does it. Runs on a thread of its own, which may block. What the bench has started is stopped afterwards, also after an
     * exception, which ends the command with status 2 and no report; a broken promise belongs into the accounts.
     */
    void run(Bench bench) throws Exception;
}
