package dev.sluice.journal;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The part of the {@link Journal} used by workers: hands out due jobs under leases, and records moves for the holder of
 * a valid claim.
 */
public interface WorkQueue {

    /**
     * Claims due jobs, at most as many of each route as demanded, and starts them ({@link Transition.Start}). Completes
     * with nothing claimed when nothing is due.
     *
     * <p>Jobs of one route are claimed in turns among the values of {@link dev.sluice.job.JobSpec#turn}: each value that
     * has due jobs is served once before any is served again; a value that had none joins after the others. So what one
     * value enqueues delays a job of another by one job at most. Within a value, jobs are claimed in the order of
     * {@code acceptance time + urgency × 30 s}, so that waiting jobs age and no urgency is starved; ties in the order of
     * acceptance. Delayed and retried jobs keep that place. Claims by several callers at once may serve a value once
     * more than another; the order of the values may start anew when the journal is opened.
     *
     * <p>A job is claimed by one caller only. A job whose deadline has passed fails instead of being claimed. Where
     * several nodes share the journal and scanning for jobs has become expensive, a job that another node enqueued ahead
     * of others may be passed over for some seconds.
     *
     * <p>Jobs of {@linkplain Demand#held held} callers that a claim meets are set aside, a bounded number in each claim
     * ({@link Claimed#more}), and count as delayed until a claim no longer names their caller. That lasts no longer than
     * the journal is open.
     *
     * @param demand the demand, by route id
     * @param lease how long the claims are valid unless they are renewed; when a lease expires the job is lost
     *     ({@link Transition.Lose}) and may be claimed again. From that instant on every use of the old claim is stale,
     *     even before the loss is recorded, which happens with the next claim of the job's route at the latest, or
     *     within seconds where scanning has become expensive. Claims do not survive {@link JournalUpkeep#close}, nor
     *     the death of the node: a journal of one node records running jobs as lost when it opens; of several nodes, a
     *     surviving one does so when the lease of the claim has expired.
     */
    Mono<Claimed> claim(Map<String, Demand> demand, Duration lease);

    /**
     * The demand of a claim for one route.
     *
     * @param room the most jobs to claim
     * @param limit the most jobs of the route that may run at once on all nodes, including these
     * @param retries the most of the claimed jobs that may have been called before ({@code attempt > 0}); beyond it
     *     jobs without an attempt are claimed in their order
     * @param held the {@linkplain dev.sluice.job.JobSpec#caller callers} whose jobs are passed over
     * @param perTurn the most of the claimed jobs that may be of one {@linkplain dev.sluice.job.JobSpec#turn turn}. A turn beyond that
     *     is passed over and its jobs stay where they are and count as due, so that to hold a turn and to release it costs nothing
     *     for each of its jobs. Values beyond the 16,384 of a route that an engine may tell apart share turns, which have the part
     *     of one that is not named
     */
    record Demand(int room, int limit, int retries, Set<Long> held, PerTurn perTurn) {

        public Demand {
            held = Set.copyOf(held);
        }

        /** A demand for as many jobs of each turn as there are. */
        public Demand(int room, int limit, int retries, Set<Long> held) {
            this(room, limit, retries, held, PerTurn.ANY);
        }

        /** A demand for jobs of all callers, new and retried. */
        public Demand(int room, int limit) {
            this(room, limit, Integer.MAX_VALUE, Set.of());
        }

        /** The same, for another number of jobs. */
        public Demand withRoom(int jobs) {
            return new Demand(jobs, limit, retries, held, perTurn);
        }

        /** As {@link #Demand(int, int)}, without a limit across nodes. */
        public static Demand of(int room) {
            return new Demand(room, Integer.MAX_VALUE);
        }
    }

    /**
     * The outcome of a claim.
     *
     * @param jobs the started jobs, each with the fence that its holder must present
     * @param nextDueAt when the next delayed job of the routes becomes due; {@link Instant#MAX} if none is
     * @param more whether less was claimed than might be, because of the jobs of held callers in front of others or
     *     because of those that are no longer held: another claim goes on with them at once
     */
    record Claimed(List<Job> jobs, Instant nextDueAt, boolean more) {

        /** A claim that left nothing to go on with. */
        public Claimed(List<Job> jobs, Instant nextDueAt) {
            this(jobs, nextDueAt, false);
        }
    }

    /**
     * Makes a claim that waits for jobs to be accepted, for when a {@link #claim} has found nothing more. Such a job is started in the
     * step that accepts it ({@link Appended.Created#started}), which saves writing and syncing its start by itself, if nothing of its
     * route is due before it and everything that would be accepted with it can be started. The claim is also taken, without any job,
     * when a job of a demanded route enters the queue again, or has done so since the last claim. At most one claim stands at a time.
     *
     * <p>Jobs that are due when it is made, that become due later, and that are not started because others were in front of them are
     * left to {@link #claim}. An engine that does not start jobs as it accepts them returns {@link StandingClaim#NONE}.
     *
     * @param demand as in {@link #claim}; it has to be withdrawn when less is demanded than before
     */
    default StandingClaim stand(Map<String, Demand> demand, Duration lease) {
        return StandingClaim.NONE;
    }

    /**
     * Claims parked jobs whose time to be checked on has come ({@link Transition.Resume}), the earliest first, under leases as those
     * of {@link #claim}. Such a job is not in the queue of its route, and takes no place among the running ones that a
     * {@linkplain Demand#limit limit} counts.
     *
     * @param room the most jobs to claim, by route id
     * @return the claimed jobs, and when the next parked one of these routes becomes due
     */
    Mono<Claimed> resume(Map<String, Integer> room, Duration lease);

    /**
     * Returns the answer with which {@link JobIntake#complete} made a claimed job due, to be passed to {@link #finish}; if the claim
     * ends in another way it is discarded. Empty if there is none.
     */
    Mono<Completed> answered(Job claimed);

    /**
     * An answer that came by a later call.
     *
     * @param head status and fields
     * @param body the argument of {@link #finish}
     */
    record Completed(JobResult head, ReceivedBody body) {}

    /**
     * Extends the leases of valid claims to {@code lease} from now, and returns the jobs whose claims are no longer
     * valid, for whatever reason.
     */
    Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease);

    /**
     * Records one move of a claimed job atomically with its event.
     *
     * @param claimed the job as {@link #claim} handed it out
     * @param move a move without a result; a move with one is made by {@link #finish}, output is recorded by {@link #stream},
     *     and both throw {@link IllegalArgumentException} here
     * @return the job after the move; error {@link StaleClaimException} if the claim is no longer valid (lease expired,
     *     job cancelled, requeued or finished) or never was: nothing was recorded, and the holder must drop its
     *     attempt; error {@link IllegalTransitionException} if the claim is valid but the state does not allow the
     *     move: nothing was recorded
     */
    Mono<Job> record(Job claimed, Transition move);

    /**
     * Receives the response that is to end a claimed job. The body is consumed with back-pressure; a small one stays in
     * memory, a larger one is written piece by piece as it arrives. If it fails or the subscription is cancelled,
     * nothing is kept, the claim remains valid, and the body's error is propagated.
     *
     * <p>A received body belongs to the claim: {@link #finish} makes it the job's result. When the claim ends in any
     * other way (a move, a cancellation, a missed deadline, an expired lease) it is discarded, even if it is still
     * arriving; callers need not release it. Bodies received under the same claim are kept apart, and the others are
     * discarded when one of them has ended the job.
     *
     * @return the argument of {@link #finish}; error {@link StaleClaimException} if the claim is found to be invalid,
     *     which {@link #finish} checks in any case
     */
    Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body);

    /**
     * Receives a streamed response that is to end a claimed job. Each batch is recorded as events ({@link Transition.Emit}), in one
     * step, before the next one is requested or an error behind it is propagated. The bytes are stored once: as the events, of
     * which {@link #finish} makes the job's result. They are kept as long as the result, also those of an attempt that did not end
     * the job. The head is stored with the first batch, which may be a single empty piece, and is read by {@link JobReader#answer}
     * from then on.
     *
     * @param batches pieces that follow one another without a gap, from offset 0 of the attempt
     * @return as {@link #receive}; errors also those of {@link #record}
     */
    Mono<ReceivedBody> stream(Job claimed, JobResult head, Flux<List<Output>> batches);

    /**
     * Ends a claimed job with the backend's response: {@link Transition.Succeed}, or {@link Transition.Fail} with
     * {@code ending.failure()}; the response's head and body become the job's result in the same atomic step. May be
     * called again after {@link JournalUnavailableException} or {@link JournalOverloadedException}, with the same body,
     * for as long as the claim is valid: the body is kept until then. An end that was recorded although its caller
     * received an error is found by the next call, which returns the finished job.
     *
     * @param body as {@link #receive} returned it for this claim
     * @return as {@link #record}
     */
    Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body);

    /**
     * Fails every unfinished job whose deadline has passed by the journal's clock ({@link Transition.MissDeadline}),
     * including running ones, whose claims become stale. On stable storage when it completes; in batches of bounded
     * size; cheap if no deadline has passed. A deadline takes effect when this method or a claim detects it: until then
     * an overdue running job can still finish.
     *
     * @return the next deadline of an unfinished job; {@link Instant#MAX} if none has one
     */
    Mono<Instant> failOverdue();

    /**
     * Notifies the other nodes that share the journal that jobs of a route are due for which this node has no capacity:
     * a hint that may be lost or be in vain. Cheap and thread-safe; repeated calls are merged. Does nothing if there
     * are no other nodes.
     */
    default void offer(String route) {}

    /**
     * Emits the routes that other nodes {@linkplain #offer offered}; dropped while there is no demand. Never completes.
     */
    default Flux<String> offers() {
        return Flux.never();
    }
}
