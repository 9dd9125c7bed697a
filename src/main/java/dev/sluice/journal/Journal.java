package dev.sluice.journal;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The durable record of all jobs.
 *
 * <p>Every verb is lazy: nothing happens before subscription, and each subscription does it once. No verb ever blocks its
 * subscriber's thread, and none may be relied on to signal on it: results arrive on the journal's own threads, so what
 * follows a verb must be short or moved elsewhere. A verb that writes completes when it is written: {@link #append} and a
 * move to a final state when they are on stable storage (a power cut cannot undo them), the others when a killed process
 * cannot undo them. A move that starts a job that has only one try is on stable storage too, because after a power cut it
 * must not be tried again.
 *
 * <p>Errors, for every verb: {@link JournalUnavailableException} when the journal cannot write or read at present (nothing
 * was done, as far as anyone will ever see), {@link IllegalStateException} after {@link #close}.
 *
 * <p>Bodies are sequences of byte arrays of any length. Who hands over an array no longer touches it. Bodies are streamed
 * with back-pressure: an adapter holds a bounded number of bytes of each, whatever its length.
 */
public interface Journal extends AutoCloseable {

    /** How long an idempotency key holds at least, counted from the acceptance of the job. */
    Duration KEY_HOLDS = Duration.ofHours(24);

    /**
     * How many events of a job are kept at most beside {@code accepted}, the latest ones: what a job with endless tries,
     * reports or output can pile up is bounded by it.
     */
    int HISTORY_KEPT = 1_000;

    /**
     * Accepts a job. With an idempotency key that is already held, nothing is stored and the answer is
     * {@link Appended.Replayed} (the same request: the first job as it stands now) or {@link Appended.KeyReused} (another
     * request); of several equal appends at once exactly one is {@link Appended.Created}. If the body fails or the
     * subscription is cancelled before the end of the body, nothing is kept, and the body's error is passed on.
     *
     * <p>An append of a key whose first request is still being received waits for no one: the one whose body ends first
     * wins. A key is promised to hold for {@link #KEY_HOLDS} from the acceptance of its job: the job's
     * {@link Job#keepUntil} says until when. From the {@link Job#expiresAt} of its job on a key is free again, whether or
     * not that job is erased by then.
     */
    Mono<Appended> append(NewJob job, Flux<byte[]> body);

    /** Whether a job holds this idempotency key, which an expired one no longer does. */
    Mono<Boolean> holds(IdempotencyKey key);

    /**
     * Hands out due jobs, at most as many of each route as there is room for, and starts them ({@link Transition.Start}).
     * Of one route, they come in the order of {@code acceptance time + urgency × 30 s}, so that waiting jobs age and no
     * urgency is ever starved; equal ones in the order of acceptance. A job is handed to one claimant only, and one whose
     * deadline has passed to none: it fails. Completes with nothing claimed when nothing is due. Where several nodes share
     * the journal and looking for jobs has become expensive, one that another node put in front may be passed over for some
     * seconds.
     *
     * @param demand what is asked for, by route id
     * @param lease how long the claims hold unless they are renewed; when a lease runs out the job is lost
     *     ({@link Transition.Lose}) and may be claimed again. From that instant on every use of the old claim is stale,
     *     also before anybody noticed; the loss is recorded by the next claim of the job's route at the latest, or where
     *     looking has become expensive within seconds. Claims do not survive {@link #close}, nor the death of the node: a
     *     journal of one node that opens first records what ran as lost; of several nodes, one of those that live does so
     *     when the lease of the dead one's claim has run out.
     */
    Mono<Claimed> claim(Map<String, Demand> demand, Duration lease);

    /**
     * What a claim asks for of one route.
     *
     * @param room how many jobs to hand out at most
     * @param limit how many jobs of the route may run at once, whichever nodes run them, these included
     */
    record Demand(int room, int limit) {

        /** Without a limit beyond the room of who asks. */
        public static Demand of(int room) {
            return new Demand(room, Integer.MAX_VALUE);
        }
    }

    /**
     * What a claim led to.
     *
     * @param jobs the started jobs, each with the fence its holder must show
     * @param nextDueAt when the next job of the routes asked for becomes due, of those waiting for a later instant;
     *     {@link Instant#MAX} if none is
     */
    record Claimed(List<Job> jobs, Instant nextDueAt) {}

    /**
     * Sets the leases of those that are still held to end {@code lease} from now, and names those that are no longer held,
     * for whatever reason.
     */
    Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease);

    /**
     * Makes one move of a claimed job, atomically with the event it means.
     *
     * @param claimed the job as {@link #claim} handed it out
     * @param move without a result: a move that carries one is {@link #finish}'s to make, {@link IllegalArgumentException}
     *     here
     * @return the job after the move; error {@link StaleClaimException} if the claim no longer holds (lease run out,
     *     cancelled, back in the queue, already finished) or never was one: nothing was recorded and the holder must drop
     *     what it has; error {@link IllegalTransitionException} if the claim holds but the state does not
     *     allow the move, which also changes nothing
     */
    Mono<Job> record(Job claimed, Transition move);

    /**
     * Ends a claimed job with the backend's answer: {@link Transition.Succeed}, or {@link Transition.Fail} with
     * {@code ending.failure()}; the answer's head and body become the job's result in the same atomic step. The body is
     * consumed first, with back-pressure; if it fails or the subscription is cancelled, nothing is kept, the claim still
     * holds, and the body's error is passed on.
     *
     * @return as {@link #record}
     */
    Mono<Job> finish(Job claimed, Ending ending, Flux<byte[]> body);

    /**
     * Records what the backend says of a job that runs, whoever runs it ({@link Transition.Report}).
     *
     * @return the job after it; empty if the id is unknown or expired; error {@link IllegalTransitionException} if the job
     *     does not run, {@link JournalOverloadedException} if more comes in than can be kept: nothing was recorded
     */
    Mono<Job> report(JobId id, Transition.Report report);

    /**
     * Cancels a job that is queued or running, whoever runs it.
     *
     * @return the cancelled job; empty if the id is unknown or expired; error
     *     {@link IllegalTransitionException} if it is finished
     */
    Mono<Job> cancel(JobId id);

    /**
     * Fails every unfinished job whose deadline is not after the journal's clock ({@link Transition.MissDeadline}), also
     * those that run: their claims are stale from then on. On stable storage when it completes, as every end; in groups
     * of a bounded size; costs next to nothing if no deadline has passed. A deadline is missed when this, or a claim,
     * notices it: until then an overdue job that runs can still be finished.
     *
     * @return the next deadline of an unfinished job; {@link Instant#MAX} if none has one
     */
    Mono<Instant> failOverdue();

    /** The job as it stands; empty if the id is unknown. Never carries bodies. */
    Mono<Lookup> find(JobId id);

    /**
     * Jobs that are not erased, newest first, which is the falling order of their ids. Looks at some 10,000 jobs at most
     * and then returns what it has found so far: a page may be short, even empty, and yet not the last. Whoever follows
     * {@link JobPage#next} to the end has seen every job that was there all the while exactly once.
     *
     * @param limit the most jobs of a page, at least 1
     * @param before only jobs with smaller ids: where the page before ended; null for the first page
     */
    Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before);

    /**
     * The request of a job that is not yet erased; empty otherwise. The body may be read once or often; it is whole or
     * fails, as that of a {@link #result} does.
     */
    Mono<StoredRequest> request(JobId id);

    /**
     * The stored answer of the backend; empty if there is none. The body may be read once or often; it is whole or fails, with
     * {@link JobErasedException} if the job is erased meanwhile.
     */
    Mono<StoredResult> result(JobId id);

    /**
     * The events recorded so far with a number above {@code after}, in order, read as they are asked for; empty if the id
     * is unknown or expired. Has every event that a tail told before the subscription, but for those that were cut: of
     * a job with more than {@link #HISTORY_KEPT} events after {@code accepted} the older ones are gone, so that the numbers
     * jump from 1 to the first one kept.
     */
    Flux<JobEvent> history(JobId id, long after);

    /**
     * Live events of all jobs, those of one job in order and each once, from the moment of subscription: what is not in a
     * {@link #history} subscribed to after this one returned from {@code subscribe} is told here. Completes with
     * {@link #close}, never before. A subscriber that does not keep up gets {@link TailOverflowException} and has to look
     * into {@link #history} for what it missed.
     *
     * <p>Where several nodes share the journal, events that another node recorded are told of jobs that the interest
     * {@linkplain Interest#follows follows}, a little later than on that node, and an event may be left out that a node
     * died over before it told the others: the next event of its job shows that by its number, and {@link #history} has
     * it. Of a job that is {@linkplain Interest#followed followed} by its number nothing stays untold for longer than some
     * seconds.
     */
    Flux<JobEvent> tail(Interest interest);

    /** Live events that a predicate accepts, of all nodes. */
    default Flux<JobEvent> tail(Predicate<JobEvent> wanted) {
        return tail(Interest.in(wanted));
    }

    /**
     * Tells the other nodes that share the journal that jobs of a route are due for which this node has no room: a hint
     * that may be lost or come in vain. For any thread, cheap; many at once are as good as one. Nothing happens if there
     * are no other nodes.
     */
    default void offer(String route) {}

    /** Routes of which another node said so, see {@link #offer}; what nobody takes just then is dropped. Never ends. */
    default Flux<String> offers() {
        return Flux.never();
    }

    /** What waits, kept up to date in memory: cheap enough to be asked for each request, from any thread. */
    Backlog backlog();

    /**
     * Erases finished jobs whose {@link Job#expiresAt} has come: request, result, events and idempotency key, leaving a
     * tombstone, and removes tombstones that have lain for {@code tombstones} or longer, counted from the erasing. Goes by
     * the journal's own time, and rather too late than too early where the machine's clock says another. Works in bounded
     * steps; completes with the number of jobs erased.
     */
    Mono<Long> purge(Duration tombstones);

    /**
     * Erases a finished job now, as {@link #purge} would; completes with whether there was one to erase. Error
     * {@link IllegalTransitionException} if the job is not finished.
     */
    Mono<Boolean> forget(JobId id);

    /**
     * Random bytes that are made once, with the journal, and kept in it: what is derived from them holds as long as the
     * jobs do. At least 256 bits; at hand, from any thread.
     */
    byte[] secret();

    /** Whether the journal can write, from any thread. */
    Health health();

    /**
     * Completes what was taken on, refuses what comes later, releases everything. A body that is still being received
     * fails with {@link IllegalStateException}, as if it had come later. Closing again does nothing. Blocks; not for event
     * loops.
     */
    @Override
    void close();
}
