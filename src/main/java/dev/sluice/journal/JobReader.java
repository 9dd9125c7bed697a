package dev.sluice.journal;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The part of the {@link Journal} used by readers: jobs, their bodies and events, and the backlog. */
public interface JobReader {

    /**
     * How many events of a job are kept beside {@code accepted} and {@code output}: at least so many of the latest ones. Bounds the
     * history of a job with many attempts or reports. Output is kept as long as the result.
     */
    int HISTORY_KEPT = 1_000;

    /** Returns the job as it stands, without bodies; empty if the id is unknown. */
    Mono<Lookup> find(JobId id);

    /**
     * Returns jobs that are not erased, newest first, in descending order of ids. Scans at most some 10,000 jobs for a
     * page, so a page may be short or even empty without being the last. Following {@link JobPage#next} to the end
     * visits every job that existed throughout exactly once.
     *
     * @param limit the most jobs of a page, at least 1
     * @param before only jobs with smaller ids: {@link JobPage#next} of the previous page; null for the first page
     */
    Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before);

    /**
     * Returns the request of a job, as it was sent while the job is unfinished; empty if the job is erased. Once the
     * job has finished, it is without its {@linkplain NewJob#credentials credentials}. The body may be subscribed to
     * repeatedly; it is complete or fails, as that of a {@link #result} does.
     */
    Mono<StoredRequest> request(JobId id);

    /**
     * Returns the stored response of the backend; empty if there is none. The body may be subscribed to repeatedly; it
     * is complete or fails, with {@link JobErasedException} if the job is erased meanwhile.
     */
    Mono<StoredResult> result(JobId id);

    /**
     * Returns the answer to the latest attempt: the result of a finished job, or what is stored of a response that is being
     * {@linkplain WorkQueue#stream streamed}. Empty if there is none yet, or the job is unknown or expired.
     */
    Mono<Answer> answer(JobId id);

    /**
     * Returns the events recorded so far with a number above {@code after}, in order, read on demand; empty if the id
     * is unknown or expired. Contains every event that a tail emitted before the subscription, except those that were
     * trimmed: of a job with more than {@link #HISTORY_KEPT} events but {@code output} only the latest are kept, so
     * that the numbers jump.
     */
    Flux<JobEvent> history(JobId id, long after);

    /**
     * Emits live events of all jobs, those of one job in order and each once, from the moment of subscription: an event
     * that is not in a {@link #history} subscribed to after {@code subscribe} returned here is emitted here. Completes
     * with {@link JournalUpkeep#close}, never before. A subscriber that does not keep up receives
     * {@link TailOverflowException} and has to read what it missed from the {@link #history}.
     *
     * <p>Where several nodes share the journal, events recorded by another node are emitted for jobs that the interest
     * {@linkplain Interest#follows follows}, slightly later than on that node. An event may be missing if its node died
     * before it notified the others: the number of the job's next event shows the gap, and the {@link #history} has the
     * event. For a job that is {@linkplain Interest#followed followed} by its number no event is missing for longer
     * than some seconds.
     */
    Flux<JobEvent> tail(Interest interest);

    /** Emits live events of all nodes that a predicate accepts. */
    default Flux<JobEvent> tail(Predicate<JobEvent> wanted) {
        return tail(Interest.in(wanted));
    }

    /** Returns the backlog, which is kept in memory: cheap enough to be read for each request. Thread-safe. */
    Backlog backlog();
}
