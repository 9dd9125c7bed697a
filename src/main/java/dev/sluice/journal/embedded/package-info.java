/**
 * The journal embedded in the gateway's process, on files of this machine or, for trying things out, in memory.
 *
 * <pre>
 *   append, receive ──▶ BodyIntake ──pieces──▶ EmbeddedPieceStore ──▶ Writer ──▶ Store (bodies)
 *                           │                                              one lane, one log
 *                           │ small bodies, and heads of those whose pieces are synced
 *                           ▼
 *   claim, renew, ─────────────────────────▶ Writer ──▶ CommitGroup ──▶ Store (main)
 *   record, finish, report,                     │  stage, write, sync once
 *   cancel, forget, purge                       ▼  only then
 *                                     WorkingSet, Tails, the callers
 *
 *   find, list, request, result, answer, history ──▶ Queries ──▶ both stores, on threads of their own
 * </pre>
 *
 * <p>Each part of the port has a class of its own ({@code EmbeddedIntake}, {@code EmbeddedWorkQueue}, {@code EmbeddedReader},
 * {@code EmbeddedGroups}, {@code EmbeddedShared}); {@link dev.sluice.journal.embedded.EmbeddedJournal} opens, keeps and closes
 * what they share. {@link dev.sluice.journal.embedded.Writer} is the core: its lane takes every
 * {@link dev.sluice.journal.embedded.Change} waiting, stages them into one {@link dev.sluice.journal.embedded.CommitGroup},
 * writes and syncs once, then completes them all. All decisions about jobs are made on that one thread, without locks
 * or races; the state in memory ({@link dev.sluice.journal.embedded.WorkingSet}) changes only after the write
 * succeeded. {@link dev.sluice.journal.embedded.Store} is the storage interface: {@code RocksStore} implements it on
 * files, which {@code RocksDirectory} locks, verifies and opens and {@code RocksWrites} writes; {@code MemoryStore}
 * implements it in memory.
 *
 * <p>Glossary:
 *
 * <dl>
 *   <dt>job head<dd>the stored record of a job, without bodies: {@link dev.sluice.journal.embedded.JobHead}
 *   <dt>body, piece<dd>the bytes of a request or a response; one above 32 KiB is stored in pieces of 64 KiB apart from
 *       its head
 *   <dt>output, block<dd>the pieces of a streamed response as events; those written together are stored as one block,
 *       and the result of the job is read from the blocks: {@link dev.sluice.journal.embedded.Outputs}
 *   <dt>parked<dd>said of a running job whose backend has taken the work over: nobody holds a claim of it until it is
 *       to be checked on ({@link dev.sluice.journal.embedded.ResumeChange})
 *   <dt>claim, lease, fence<dd>a claim entitles its holder to one attempt; it is valid until its lease expires; its
 *       fence is the number that the holder presents
 *   <dt>standing claim<dd>a claim that waits at the writer: the commit group that accepts a job starts it, too
 *       ({@link dev.sluice.journal.embedded.StandingChange})
 *   <dt>change, commit group, lane<dd>a change is the write of one caller; those waiting at the same time form a commit
 *       group; a lane is the thread that writes one after another
 *   <dt>stage, commit<dd>to decide and add to a commit group; to have it written and synced
 *   <dt>roll back<dd>to undo a commit group of which it is unknown whether it was written (in doubt)
 *   <dt>group, member<dd>jobs watched as one, and one of them; what a commit group changes in groups is gathered in
 *       {@link dev.sluice.journal.embedded.StagedGroups}, and of each one row is written for its counts, one for its
 *       events and one for the jobs that joined it
 *   <dt>watermark<dd>how far a log was synced, stored beside it: a start that finds less is refused
 *   <dt>discard<dd>to remove the pieces of a body that nobody will need
 *   <dt>keep<dd>of a job: how long it stays readable after its end; of a fact: to put it unless it exists
 *   <dt>erase<dd>to remove a finished job but for its tombstone, one by id ({@code forget}) or all expired ones
 *       ({@code purge})
 *   <dt>bury<dd>to remove a tombstone
 *   <dt>sweep<dd>to rewrite the files that still hold what was erased
 * </dl>
 */
@NullMarked
package dev.sluice.journal.embedded;

import org.jspecify.annotations.NullMarked;
