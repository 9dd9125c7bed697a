package dev.sluice.journal;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The part of the {@link Journal} for those who read: jobs, their bodies and events, and what waits. */
public interface JobReader {

    /**
     * How many events of a job are kept at most beside {@code accepted}, the latest ones: what a job with endless tries,
     * reports or output can pile up is bounded by it.
     */
    int HISTORY_KEPT = 1_000;

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
     * The request of a job that is not yet erased; empty otherwise. As long as the job is unfinished it is as it was sent;
     * from its end on nobody reads its {@linkplain NewJob#credentials credentials} again. The body may be read once or often; it is whole or
     * fails, as that of a {@link #result} does.
     */
    Mono<StoredRequest> request(JobId id);

    /**
     * The stored response of the backend; empty if there is none. The body may be read once or often; it is whole or fails, with
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
     * {@link JournalUpkeep#close}, never before. A subscriber that does not keep up gets {@link TailOverflowException} and has to look
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

    /** What waits, kept up to date in memory: cheap enough to be asked for each request, from any thread. */
    Backlog backlog();
}
