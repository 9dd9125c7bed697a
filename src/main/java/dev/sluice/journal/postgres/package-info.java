/**
 * The journal in PostgreSQL, shared by several nodes.
 *
 * <pre>
 *   append, receive ──▶ BodyIntake ──pieces──▶ PostgresPieceStore ─┐
 *                           │                                      │
 *                           │ small bodies                         │
 *   append ─────────────────┴───▶ GroupCommitter ─▶ Appends ──┐    │
 *   record, finish, report, ────▶ GroupCommitter ─▶ Moves ────┤    │
 *   cancel                          two lanes each            │    │
 *   find ───────────────────────▶ GroupCommitter ─▶ Finds ────┤    │
 *                                               Retrying ─────┤    │
 *   claim, renew, list, request,                              ▼    ▼
 *   result, history, forget, purge ──▶ Workers ──────────▶ Database ──▶ Session ──▶ JDBC
 *                                                             ▲
 *   Upkeep, once a second: lives, time, leases and deadlines ─┘
 *
 *   what was committed here ──▶ Feed ──▶ tails, the backlog
 *   on other nodes: Hints (notify) ──▶ Feed; Upkeep finds what no hint told of
 * </pre>
 *
 * <p>Callers that wait at the same moment share one statement, which is a transaction of its own wherever that is possible, so
 * that a node that stops in the middle holds no lock: what a move leads to is decided by the core's {@code Decision} from what
 * this node knows of the job; it names the number of the event that it follows, and does nothing if another node was faster.
 * {@link dev.sluice.journal.postgres.Retrying} carries a group as often as it takes until its callers can be told. What decides
 * in the database is the database's time, {@code millis()}, which goes on smoothly when another server takes over: {@link
 * dev.sluice.journal.postgres.Presence} settles it then. The statements are in files, see {@link
 * dev.sluice.journal.postgres.Sql}.
 *
 * <p>The driver is JDBC, on the adapter's own threads, and no longer R2DBC. Lines do not decide it: the plumbing was 690 beside
 * R2DBC ({@code Database}, failover, addresses, binary parameters) and a pool, and is 1,040 now ({@code Session}, {@code
 * Servers}, {@code DatabaseUrl}, {@code Placeholders}, {@code Database}, {@code Workers}, {@code Waiting}), of which 165 read the
 * URLs of R2DBC that configurations keep; the package went from 6,029 to 6,205. What decides is what the faults showed. Flyway
 * needs this driver in any case, so that TLS, time limits and the choice of a server are set once for both. Settings are made
 * in the session, so that a pooler in session mode takes them ({@code PgBouncerTest}). A read that is given up costs no
 * connection. Byte arrays go as they are, without a codec for parameters. And a group that is tried again, divided or found to
 * be written is a loop with a {@code catch} in it ({@link dev.sluice.journal.postgres.Retrying}), which the tests that cut the
 * connection at every statement ({@code PostgresFaultsTest}) hold to the same promises. Its price is a thread for each connection.
 *
 * <p>Glossary, one word for one thing; body, piece, claim, lease, fence, erase and discard are as in the embedded journal:
 *
 * <dl>
 *   <dt>node<dd>a gateway that works on this journal; it shows once a second that it lives: {@link
 *       dev.sluice.journal.postgres.Presence}
 *   <dt>group, lane<dd>callers that wait together form a group, one statement; a lane is a thread that carries one group
 *       after the other
 *   <dt>clash, refused, unknown, mistake<dd>the kinds of errors of the database, by what follows from them: {@link
 *       dev.sluice.journal.postgres.Faults}
 *   <dt>settle<dd>to find out whether a try was written whose end nobody knows, see {@link
 *       dev.sluice.journal.postgres.Settling}; also, to let the time follow another server
 *   <dt>unsure<dd>its caller was told that it failed although it may have been written
 *   <dt>withdraw<dd>to remove a job that was accepted but that nobody was told of: {@link
 *       dev.sluice.journal.postgres.Withdrawals}
 *   <dt>release<dd>to free an idempotency key whose job has expired
 *   <dt>evict<dd>to remove from memory what can be read again
 *   <dt>belongs<dd>what is said of pieces that a job names; all others are somebody's who takes them in, or nobody's
 *   <dt>receiving<dd>the note that a body comes in, and at which node; orphans are those whose node is gone
 *   <dt>live, outcome<dd>the rows of a job that change: one while it is unfinished, the other from its end on
 *   <dt>rank, head<dd>what decides whose turn it is; where claims begin to look, so that they step over no rows that are gone
 *       but cannot be removed yet
 *   <dt>hint<dd>a notification from node to node; losing one costs time only
 *   <dt>offer<dd>the hint that a route has work for which a node has no room
 *   <dt>form<dd>the number of what a node reads and writes; nodes of the form before may work beside it
 * </dl>
 */
@NullMarked
package dev.sluice.journal.postgres;

import org.jspecify.annotations.NullMarked;
