package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What the parts of the contract have in common: the journal under test, its clock, and short words for its verbs. */
interface JournalRig {

    Duration LIMIT = Duration.ofSeconds(20);
    Duration LEASE = Duration.ofSeconds(30);
    String ROUTE = "reports";
    Failure FAILURE = new Failure(Problem.BACKEND_TIMEOUT, "The backend did not answer within 60 s.");

    /** More threads than cores, and none that may be blocked: what event loops are to the journal. */
    Scheduler RACERS = Schedulers.newParallel("racer", 8, true);

    Journal journal();

    MutableClock clock();

    /** The time that the gateway around the journal goes by. */
    Clock time();

    JobId newId();

    /** What ends cause in the journal under test: nothing, unless a test says otherwise. */
    TestFollowUps followUps();

    /** Up to which place a new job is told exactly how many are ahead of it; further back it is told about how many. */
    default long countedAhead() {
        return Long.MAX_VALUE;
    }

    /** What waits, when everything that was done has come to be counted. */
    default Backlog backlog() {
        return journal().backlog();
    }

    /** Whether what the journal holds survives its closing. */
    boolean durable();

    /** How many pieces of bodies are stored, or bytes of them, once the journal has cleared up. */
    long pieces();

    /** Closes the journal and opens it again on what it left. Skips the test if nothing survives that. */
    Journal reopen();

    /** Opens what a process killed at this moment would leave. Skips the test if nothing survives that. */
    Journal killAndReopen();

    default Draft draft() {
        return new Draft(newId(), time().instant());
    }

    /** Erases what has expired; how many jobs that were. */
    default long purge() {
        return get(journal().purge(RetentionContract.TOMBSTONES).reduce(0L, Long::sum));
    }

    /** Waits for the only value, null if there is none. */
    default <T> T get(Mono<T> verb) {
        return verb.block(LIMIT);
    }

    default Mono<Appended> append(Draft draft) {
        return journal().append(draft.job(), draft.body());
    }

    /** Appends what must become a new job. */
    default Job accept(Draft draft) {
        Appended appended = get(append(draft));
        assertThat(appended).isInstanceOf(Appended.Created.class);
        return ((Appended.Created) appended).job();
    }

    default Job accept() {
        return accept(draft());
    }

    default List<Job> claim(String route, int room) {
        return claimed(Map.of(route, room)).jobs();
    }

    default Journal.Claimed claimed(Map<String, Integer> room) {
        return get(journal().claim(demand(room), LEASE));
    }

    /** Claims what must be so many jobs. */
    default List<Job> claimed(Map<String, Journal.Demand> demand, int expected) {
        List<Job> jobs = get(journal().claim(demand, LEASE)).jobs();
        assertThat(jobs).hasSize(expected);
        return jobs;
    }

    /** Claims as much as is demanded, with as many claims as the journal takes to go on with it. */
    default List<Job> claimed(Journal.Demand demand) {
        List<Job> jobs = new ArrayList<>();
        boolean more = true;
        while (more && jobs.size() < demand.room()) {
            int retried = (int) jobs.stream().filter(job -> job.attempt() > 1).count();
            Journal.Demand rest = new Journal.Demand(
                    demand.room() - jobs.size(),
                    demand.limit(),
                    demand.retries() - retried,
                    demand.held(),
                    demand.perTurn());
            Journal.Claimed claimed = get(journal().claim(Map.of(ROUTE, rest), LEASE));
            jobs.addAll(claimed.jobs());
            more = claimed.more();
        }
        return jobs;
    }

    /** Accepts that many jobs at once, in any order. */
    default List<JobId> acceptAll(int many, IntFunction<Draft> draft) {
        return race(many, i -> append(draft.apply(i))).stream()
                .map(appended -> ((Appended.Created) appended).job().id())
                .toList();
    }

    /** Where a job is in its queue. */
    default long position(JobId id) {
        return ((Lookup.Known) get(journal().find(id))).position();
    }

    static Map<String, Journal.Demand> demand(Map<String, Integer> room) {
        return room.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> Journal.Demand.of(entry.getValue())));
    }

    /** Claims what must be the only due job. */
    default Job claimOne() {
        List<Job> jobs = claim(ROUTE, 10);
        assertThat(jobs).hasSize(1);
        return jobs.get(0);
    }

    /** The job as it stands; it must be there. */
    default Job find(JobId id) {
        Lookup found = get(journal().find(id));
        assertThat(found).isInstanceOf(Lookup.Known.class);
        return ((Lookup.Known) found).job();
    }

    default Mono<Job> succeed(Job claimed, String body) {
        return finish(
                claimed,
                new Ending(new JobResult(200, Headers.of("Content-Type", "text/plain")), null),
                Flux.just(body.getBytes(StandardCharsets.UTF_8)));
    }

    /** Takes the answer in and ends the job with it. */
    default Mono<Job> finish(Job claimed, Ending ending, Flux<byte[]> body) {
        return Ends.finish(journal(), claimed, ending, body);
    }

    /** A job that has come to its end. */
    default Job finished(Draft draft) {
        accept(draft);
        return get(succeed(claimOne(), "done"));
    }

    default List<JobEvent> history(JobId id) {
        return get(journal().history(id, 0).collectList());
    }

    default List<String> names(JobId id) {
        return history(id).stream().map(JobEvent::name).toList();
    }

    /** Asks the same of each of many jobs, some at a time, and waits for all the answers, which come in that order. */
    default <T> List<T> ofEach(Collection<JobId> jobs, Function<JobId, Mono<T>> question) {
        return get(Flux.fromIterable(jobs).flatMapSequential(question, 64).collectList());
    }

    /** The jobs as they stand; all must be there. */
    default List<Job> findAll(Collection<JobId> jobs) {
        return ofEach(
                jobs,
                id -> journal()
                        .find(id)
                        .cast(Lookup.Known.class)
                        .map(Lookup.Known::job)
                        .switchIfEmpty(Mono.error(() -> new AssertionError(id + " is not there"))));
    }

    /** That the events of a job are numbered 1, 2, 3, … and end where the job stands. */
    default void numbersHaveNoGap(JobId id) {
        numbersHaveNoGap(List.of(id));
    }

    /** That this holds for each of these. */
    default void numbersHaveNoGap(Collection<JobId> jobs) {
        List<List<JobEvent>> histories =
                ofEach(jobs, id -> journal().history(id, 0).collectList());
        List<Job> found = findAll(jobs);
        assertThat(histories).hasSameSizeAs(found);
        for (int i = 0; i < found.size(); i++) {
            List<JobEvent> history = histories.get(i);
            assertThat(history)
                    .extracting(JobEvent::seq)
                    .isEqualTo(LongStream.rangeClosed(1, history.size()).boxed().toList());
            assertThat(found.get(i).lastSeq()).isEqualTo(history.size());
        }
    }

    /** Subscribes to that many verbs from several threads, all at once, and waits for all of them. */
    default <T> List<T> race(int many, IntFunction<Mono<T>> verb) {
        return get(Flux.range(0, many)
                .flatMap(i -> Mono.defer(() -> verb.apply(i)).subscribeOn(RACERS), many)
                .collectList());
    }

    default void assertStale(Mono<?> verb) {
        assertFails(() -> get(verb), StaleClaimException.class);
    }

    default void assertFails(ThrowingCallable call, Class<? extends Throwable> type) {
        org.assertj.core.api.Assertions.assertThatThrownBy(call).isInstanceOf(type);
    }

    static byte[] gathered(Flux<byte[]> body) {
        return body.collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                .map(ByteArrayOutputStream::toByteArray)
                .block(LIMIT);
    }

    static String text(Flux<byte[]> body) {
        return new String(gathered(body), StandardCharsets.UTF_8);
    }
}
