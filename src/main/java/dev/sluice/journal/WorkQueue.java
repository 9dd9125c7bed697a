package dev.sluice.journal;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The part of the {@link Journal} for those who work: it hands out due jobs under leases and records what becomes of
 * them, for whoever shows a claim that holds.
 */
public interface WorkQueue {

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
     *     looking has become expensive within seconds. Claims do not survive {@link JournalUpkeep#close}, nor the death of the node: a
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
     * Takes in the response that is to end a claimed job. The body is consumed with back-pressure; a small one stays in memory,
     * of a larger one the pieces are written as they come. If it fails or the subscription is cancelled, nothing is kept,
     * the claim still holds, and the body's error is passed on.
     *
     * <p>What was received belongs to the claim: {@link #finish} makes it the job's result, and when the claim ends in any
     * other way, be it by a move, a cancellation, a missed deadline or a lease that ran out, it is removed, also if it is
     * still on its way. Nobody has to give it up. Whatever else is received under the same claim is kept apart, and goes
     * when one of them has ended the job.
     *
     * @return what {@link #finish} is to be called with; error {@link StaleClaimException} if it is noticed that the claim
     *     no longer holds, which {@link #finish} says in any case
     */
    Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body);

    /**
     * Ends a claimed job with the backend's response: {@link Transition.Succeed}, or {@link Transition.Fail} with
     * {@code ending.failure()}; the response's head and body become the job's result in the same atomic step. May be called
     * again after {@link JournalUnavailableException} or {@link JournalOverloadedException}, with the same body, for as long
     * as the claim holds: the body is kept until then. An end that was recorded although its caller was told otherwise is
     * found by the next call, which returns the finished job.
     *
     * @param body as {@link #receive} returned it for this claim
     * @return as {@link #record}
     */
    Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body);

    /**
     * Fails every unfinished job whose deadline is not after the journal's clock ({@link Transition.MissDeadline}), also
     * those that run: their claims are stale from then on. On stable storage when it completes, as every end; in groups
     * of a bounded size; costs next to nothing if no deadline has passed. A deadline is missed when this, or a claim,
     * notices it: until then an overdue job that runs can still be finished.
     *
     * @return the next deadline of an unfinished job; {@link Instant#MAX} if none has one
     */
    Mono<Instant> failOverdue();

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
}
