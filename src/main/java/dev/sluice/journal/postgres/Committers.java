package dev.sluice.journal.postgres;

import dev.sluice.journal.core.GroupCommitter;
import java.util.function.Predicate;

/** Creates what lets concurrent callers share a statement: batches in a few lanes, each retried until its outcome is known. */
final class Committers {

    private static final int LANES = 2;

    /** The most members of a batch. */
    private static final int MOST = 256;

    /** The approximate limit of a batch in bytes. */
    private static final long WEIGHT = 1 << 20;

    private final Database database;
    private final PostgresJournalMeters meters;

    Committers(Database database, PostgresJournalMeters meters) {
        this.database = database;
        this.meters = meters;
    }

    /** Creates a committer of several lanes. */
    <M extends GroupCommitter.Member> GroupCommitter<M> together(String verb, Retrying.Try<M> work) {
        return committer(verb, work, "", LANES);
    }

    /** Creates a committer with a single lane, which keeps the order. */
    <M extends GroupCommitter.Member> GroupCommitter<M> one(String verb, Retrying.Try<M> work) {
        return committer(verb, work, "", 1);
    }

    /** Creates committers of which one is for the members that concern a group of jobs. */
    <M extends GroupCommitter.Member> Lanes<M> apart(String verb, Retrying.Try<M> work, Predicate<M> isOfGroup) {
        return new Lanes<>(isOfGroup, committer(verb, work, "-of-groups", 1), committer(verb, work, "", LANES));
    }

    private <M extends GroupCommitter.Member> GroupCommitter<M> committer(
            String verb, Retrying.Try<M> work, String ending, int lanes) {
        Retrying<M> carrier = new Retrying<>(verb, work, database, meters);
        return new GroupCommitter<>("sluice-journal-" + verb + ending, lanes, MOST, WEIGHT, carrier);
    }
}
