/**
 * Port 1, the durable record: the queue of record and the source of events. {@link dev.sluice.journal.Journal} is the
 * contract of every adapter; {@code JournalContractTest} verifies it for each. Callers do not know which adapter runs,
 * and depend on the part that they use: {@link dev.sluice.journal.JobIntake} accepts jobs,
 * {@link dev.sluice.journal.WorkQueue} hands them out and records their moves, {@link dev.sluice.journal.JobReader}
 * reads them, {@link dev.sluice.journal.Groups} keeps groups of jobs, {@link dev.sluice.journal.SharedValues} the values that all
 * nodes share, and {@link dev.sluice.journal.JournalUpkeep} operates the journal. {@link dev.sluice.journal.FollowUps} says which
 * jobs an end causes; they are appended in the same atomic step. {@link dev.sluice.journal.Retention} and
 * {@link dev.sluice.journal.GroupTending} run periodically.
 */
@NullMarked
package dev.sluice.journal;

import org.jspecify.annotations.NullMarked;
