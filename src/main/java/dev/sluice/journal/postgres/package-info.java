/**
 * The journal in PostgreSQL, shared by several nodes.
 *
 * <p>Callers that wait at the same moment share one statement: {@code GroupCommitter} gathers them, {@code Appends},
 * {@code Moves} and {@code Finds} carry a group to the database and back, {@code Retrying} as often as it takes. A statement is a transaction of its own wherever that is
 * possible, so that a node that stops in the middle holds no lock: a move names the number of the event that it follows,
 * and does nothing if another node was faster. What decides in the database is the database's time, {@code millis()},
 * which goes on smoothly when another server takes over: {@code Upkeep} settles it then.
 * {@code Claims} start jobs, {@code Heads} say where they begin to look when old rows cannot be removed, {@code TimeLimits}
 * are what time does to jobs: leases and deadlines that run out.
 * {@code BodyIntake}, over {@code Bodies}, and {@code Reads} carry bodies, {@code Erasure} removes what is kept no longer, {@code PieceSweep} pieces
 * that belong to nobody, {@code Withdrawals} what
 * nobody was told of. {@code Database} holds the connections, which {@code Servers} opens to the server that answers.
 *
 * <p>{@code Feed} tells what happened: on this node when it is committed, on others when their {@code Hints} say so, and
 * what no hint told is found by {@code Upkeep}, which looks once a second.
 */
@NullMarked
package dev.sluice.journal.postgres;

import org.jspecify.annotations.NullMarked;
