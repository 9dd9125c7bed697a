/**
 * The journal in PostgreSQL, shared by several nodes.
 *
 * <pre>
 *   append, receive ──▶ BodyIntake ──pieces──▶ PostgresPieceStore ─┐
 *                           │                                      │
 *                           │ small bodies                         │
 *   append ─────────────────┴───▶ GroupCommitter ─▶ Appends ──┐    │
 *   record, finish, stream, ────▶ GroupCommitter ─▶ Moves ────┤    │
 *   report, complete, cancel        two lanes each            │    │
 *   find ───────────────────────▶ GroupCommitter ─▶ Finds ────┤    │
 *                                               Retrying ─────┤    │
 *   claim, resume, renew, list,                               ▼    ▼
 *   request, result, answer, ─────▶ Workers ─────────────▶ Database ──▶ Session ──▶ JDBC
 *   history, forget, purge, groups                            ▲
 *                                                             │
 *   Upkeep, once a second: lives, time, leases and deadlines ─┘
 *
 *   what was committed here ──▶ Feed ──▶ tails, the backlog
 *   on other nodes: Hints (notify) ──▶ Feed; Upkeep finds what no hint told of
 * </pre>
 *
 * <p>Each part of the port has a class of its own ({@code PostgresIntake}, {@code PostgresWorkQueue}, {@code PostgresReader},
 * {@code PostgresGroups}, {@code PostgresShared}); {@link dev.sluice.journal.postgres.PostgresJournal} opens, keeps and closes
 * what they share.
 *
 * <p>Concurrent callers share one statement, which is a transaction of its own wherever possible, so that a node that
 * stops in the middle holds no lock. Moves use optimistic concurrency: the core's {@code Decision} is made from the
 * version of the job known to this node, and the statement does nothing unless the number of the latest event is
 * unchanged. {@link dev.sluice.journal.postgres.Retrying} retries a batch until the outcome of its callers is known.
 * Statements use the database's time, {@code millis()}, which continues smoothly after a failover, see
 * {@link dev.sluice.journal.postgres.Presence}. The statements are in files, see
 * {@link dev.sluice.journal.postgres.Sql}.
 *
 * <p>A group of jobs is one row with its counts, which each statement that moves jobs of it updates once for all of them. Rows
 * are locked in one order everywhere: jobs by id, then groups by id, then outcomes, then idempotency keys. Ends that may cause
 * jobs are one transaction with those ({@link dev.sluice.journal.postgres.EndWriter}).
 *
 * <p>The driver is JDBC on the adapter's own threads instead of R2DBC, for the sake of fault handling. Flyway needs
 * this driver in any case, so that TLS, time limits and the choice of a server are configured once for both. Settings
 * are made in the session, so that a pooler in session mode accepts them ({@code PgBouncerTest}). A cancelled read
 * costs no connection. Byte arrays are passed as they are, without a codec for parameters. And retrying, splitting and
 * settling a batch is a loop with a {@code catch} in it ({@link dev.sluice.journal.postgres.Retrying}), which the tests
 * that cut the connection at every statement ({@code PostgresFaultsTest}) verify. Its price is a thread for each
 * connection.
 *
 * <p>Glossary; body, piece, claim, lease, fence, erase and discard are as in the embedded journal:
 *
 * <dl>
 *   <dt>node<dd>a gateway that uses this journal; it sends a heartbeat once a second:
 *       {@link dev.sluice.journal.postgres.Presence}
 *   <dt>batch, lane<dd>callers waiting at the same time form a batch, one statement; a lane is a thread that writes one
 *       batch after another; what concerns groups of jobs has a lane of its own, see
 *       {@link dev.sluice.journal.postgres.Lanes}
 *   <dt>clash, refused, unknown, mistake<dd>the classes of database errors by consequence:
 *       {@link dev.sluice.journal.postgres.Faults}
 *   <dt>settle<dd>to determine whether a try with an unknown outcome was written, see
 *       {@link dev.sluice.journal.postgres.Settling}; also, to continue the time on another server
 *   <dt>unsure<dd>in doubt: its caller received an error although it may have been written
 *   <dt>withdraw<dd>to remove a job that was accepted but whose caller received an error:
 *       {@link dev.sluice.journal.postgres.Withdrawals}
 *   <dt>release<dd>to free an idempotency key whose job has expired
 *   <dt>evict<dd>to remove from memory what can be read again
 *   <dt>belongs<dd>said of pieces that a job refers to; others are being received or orphaned
 *   <dt>receiving<dd>the mark of a body being received, with its node; orphans are those whose node is dead
 *   <dt>live, outcome<dd>the mutable rows of a job: one while it is unfinished, the other from its end on
 *   <dt>rank, head<dd>the claim order; the rank at which claims start, so that they do not scan dead rows
 *   <dt>hint<dd>a notification from node to node; losing one costs time only
 *   <dt>offer<dd>the hint that a route has due jobs for which a node has no capacity
 *   <dt>form<dd>the version of what a node reads and writes; nodes of the previous form may work beside it
 * </dl>
 */
@NullMarked
package dev.sluice.journal.postgres;

import org.jspecify.annotations.NullMarked;
