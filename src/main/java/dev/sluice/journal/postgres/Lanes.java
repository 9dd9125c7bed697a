package dev.sluice.journal.postgres;

import dev.sluice.journal.core.GroupCommitter;
import java.util.function.Predicate;

/**
 * Group commit for what concerns groups of jobs apart from everything else. Statements that concern the same group take turns,
 * from the lock of its row to the commit. In a lane of their own they keep nobody else waiting, and as many as came meanwhile
 * share the next statement, instead of one in each lane waiting for the other.
 *
 * @param <M> the type of the members
 */
final class Lanes<M extends GroupCommitter.Member> implements AutoCloseable {

    private final Predicate<M> isOfGroup;
    private final GroupCommitter<M> ofGroups;
    private final GroupCommitter<M> others;

    /**
     * Creates an instance that writes nothing before {@link #start}.
     *
     * @param isOfGroup whether a member concerns a group, as far as that is known without a read
     */
    Lanes(Predicate<M> isOfGroup, GroupCommitter<M> ofGroups, GroupCommitter<M> others) {
        this.isOfGroup = isOfGroup;
        this.ofGroups = ofGroups;
        this.others = others;
    }

    void start() {
        ofGroups.start();
        others.start();
    }

    /** As {@link GroupCommitter#submit}. */
    void submit(M member) {
        (isOfGroup.test(member) ? ofGroups : others).submit(member);
    }

    /** As {@link GroupCommitter#close}. */
    @Override
    public void close() {
        ofGroups.close();
        others.close();
    }
}
