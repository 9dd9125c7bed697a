/**
 * The journal embedded in the gateway's process, on files of this machine or, for trying things out, in memory.
 *
 * <pre>
 *   append, receive ──▶ BodyIntake ──pieces──▶ EmbeddedPieceStore ──▶ Writer ──▶ Store (bodies)
 *                           │                                              one lane, one log
 *                           │ small bodies, and heads of those whose pieces are synced
 *                           ▼
 *   claim, renew, ─────────────────────────▶ Writer ──▶ Group ──▶ Store (main)
 *   record, finish, report,                     │  stage, write, sync once
 *   cancel, forget, purge                       ▼  only then
 *                                     WorkingSet, Tails, the callers
 *
 *   find, list, request, result, history ──▶ Queries ──▶ both stores, on threads of their own
 * </pre>
 *
 * <p>{@link dev.sluice.journal.embedded.Writer} is the heart: its lane takes every {@link dev.sluice.journal.embedded.Change}
 * that waits, stages them into one {@link dev.sluice.journal.embedded.Group}, writes and syncs once, then completes them all.
 * Whatever decides the fate of a job happens on that one thread, so there are no locks and no races; what is kept in memory
 * ({@link dev.sluice.journal.embedded.WorkingSet}) changes only after the write succeeded.
 * {@link dev.sluice.journal.embedded.Store} is all that is asked of the storage: {@code RocksStore} keeps it in files, which
 * {@code RocksDirectory} locks, checks and opens and to which {@code RocksWrites} writes; {@code MemoryStore} keeps it in
 * memory, beneath the same code.
 *
 * <p>Glossary, one word for one thing:
 *
 * <dl>
 *   <dt>job head<dd>what is stored of a job in one place, without bodies: {@link dev.sluice.journal.embedded.JobHead}
 *   <dt>body, piece<dd>the bytes of a request or a response; one above 32 KiB lies in pieces of 64 KiB apart from its head
 *   <dt>claim, lease, fence<dd>a claim is one attempt's right to its job; it holds until its lease runs out; its fence is the
 *       number that its holder shows
 *   <dt>change, group, lane<dd>a change is what one caller wants written; those that wait together form a group; a lane is
 *       the thread that carries one group after the other
 *   <dt>stage, commit<dd>to decide and add to a group; to have it written and synced
 *   <dt>take back<dd>to write over a group of which it is unknown whether it was written
 *   <dt>watermark<dd>how far a log was synced, kept beside it: a start that finds less refuses
 *   <dt>discard<dd>to remove the pieces of a body that nobody will need
 *   <dt>keep<dd>of a job: for how long it stays readable after its end; of a fact: to set it unless it is set
 *   <dt>erase<dd>to remove all traces of a finished job but its tombstone, one by name ({@code forget}) or all that expired
 *       ({@code purge})
 *   <dt>bury<dd>to remove a tombstone
 *   <dt>sweep<dd>to rewrite the files that still hold what was erased
 * </dl>
 */
@NullMarked
package dev.sluice.journal.embedded;

import org.jspecify.annotations.NullMarked;
