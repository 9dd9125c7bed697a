/**
 * Port 1, the durable record: the queue of record and the source of events. {@link dev.sluice.journal.Journal} says what
 * every adapter promises; {@code JournalContractTest} holds each of them to it. Callers never see which adapter runs, and
 * ask for the part that they use: {@link dev.sluice.journal.JobIntake} takes jobs in,
 * {@link dev.sluice.journal.WorkQueue} hands them out and records what becomes of them,
 * {@link dev.sluice.journal.JobReader} shows them, {@link dev.sluice.journal.JournalUpkeep} looks after the whole.
 */
@NullMarked
package dev.sluice.journal;

import org.jspecify.annotations.NullMarked;
