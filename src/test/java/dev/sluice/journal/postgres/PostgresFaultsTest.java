package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LARGE;
import static dev.sluice.journal.postgres.FaultsRig.LEASE;
import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.body;
import static dev.sluice.journal.postgres.FaultsRig.created;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static dev.sluice.journal.postgres.FaultsRig.persist;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Ending;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** The connection breaks before or after the statement of a verb: nothing is lost, nothing is done twice. */
@Timeout(60)
class PostgresFaultsTest {

    private static final Failure FAILURE =
            new Failure(Problem.BACKEND_TIMEOUT, "The backend did not answer within 60 s.");

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static FaultsRig rig;

    /** Each test has one of its own. */
    private String route;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        rig = new FaultsRig(database, 5, Duration.ofSeconds(5));
    }

    @AfterAll
    static void stop() throws Exception {
        rig.close();
        server.drop(database);
    }

    @BeforeEach
    void nameRoute(TestInfo test) {
        route = (test.getTestMethod().orElseThrow().getName() + test.getDisplayName()).replaceAll("[^A-Za-z]", "");
    }

    /** When the connection breaks. */
    enum Cut {
        BEFORE {
            @Override
            CompletableFuture<Void> set(String statement) {
                return rig.proxy.cutBefore(Placeholders.of(statement).wire());
            }
        },
        AFTER {
            @Override
            CompletableFuture<Void> set(String statement) {
                return rig.proxy.cutAfter(Placeholders.of(statement).wire());
            }
        };

        abstract CompletableFuture<Void> set(String statement);

        /** Subscribes to a verb whose statement this hits; it must succeed without being tried again by its caller. */
        <T> T at(String statement, Mono<T> verb) throws Exception {
            CompletableFuture<Void> cut = set(statement);
            T value = get(verb);
            cut.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            return value;
        }

        /** The same; it may fail with the only error there is for that, and is tried again then. */
        <T> T atOrAgain(String statement, Mono<T> verb) throws Exception {
            CompletableFuture<Void> cut = set(statement);
            T value = persist(verb);
            cut.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            return value;
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAppend(Cut cut) throws Exception {
        NewJob job = rig.job(route);
        created(cut.at(AppendSql.PLAIN, rig.append(job)));
        assertAcceptedOnce(job, 100);
    }

    @ParameterizedTest
    @EnumSource
    void anAppendWithAKey(Cut cut) throws Exception {
        NewJob job = rig.job(route, 5, "key", null);
        created(cut.at(AppendSql.CONDITIONAL, rig.append(job)));
        NewJob same = rig.job(route, 5, "key", null);
        Appended second = get(rig.journal.append(same, reactor.core.publisher.Flux.just(body(job.id(), 100))));
        assertThat(second)
                .isInstanceOfSatisfying(
                        Appended.Replayed.class,
                        replayed -> assertThat(replayed.job().id()).isEqualTo(job.id()));
        assertAcceptedOnce(job, 100);
    }

    @ParameterizedTest
    @EnumSource
    void anAppendOfALargeBody(Cut cut) throws Exception {
        NewJob first = rig.job(route);
        created(cut.at(AppendSql.CONDITIONAL, rig.append(first, LARGE)));
        assertAcceptedOnce(first, LARGE);
        NewJob second = rig.job(route);
        created(cut.at(PostgresPieceStore.WRITE, rig.append(second, LARGE)));
        assertAcceptedOnce(second, LARGE);
        NewJob third = rig.job(route);
        created(cut.atOrAgain(PostgresPieceStore.BEGIN, rig.append(third, LARGE)));
        assertAcceptedOnce(third, LARGE);
    }

    private void assertAcceptedOnce(NewJob job, int bytes) {
        assertThat(rig.claimOne(route).id()).isEqualTo(job.id());
        assertThat(rig.request(job.id())).isEqualTo(body(job.id(), bytes));
        rig.assertHistory(job.id(), "accepted", "started");
    }

    @ParameterizedTest
    @EnumSource
    void aClaim(Cut cut) throws Exception {
        NewJob job = rig.job(route, 1, null, null);
        rig.accept(job);
        assertClaimedOnce(job, cut.atOrAgain(ClaimSql.CLAIM, rig.claim(route)));
    }

    @ParameterizedTest
    @EnumSource
    void aClaimUnderALimitOfAllNodes(Cut cut) throws Exception {
        for (String statement : List.of(ClaimSql.ONE_AT_A_TIME, ClaimSql.CLAIM, "COMMIT")) {
            NewJob job = rig.job(route, 1, null, null);
            rig.accept(job);
            assertClaimedOnce(job, cut.atOrAgain(statement, rig.claim(route, 1)));
        }
    }

    private static void assertClaimedOnce(NewJob job, List<Job> claimed) {
        assertThat(claimed).extracting(Job::id).containsExactly(job.id());
        get(rig.finish(claimed.get(0), 10));
        rig.assertHistory(job.id(), "accepted", "started", "succeeded");
    }

    @ParameterizedTest
    @EnumSource
    void aRenewal(Cut cut) throws Exception {
        Job running = rig.started(route);
        assertThat(cut.atOrAgain(TimeLimits.RENEW, rig.journal.renew(List.of(running), LEASE)))
                .isEmpty();
    }

    /** The statements of an end with what it causes, which are one transaction. */
    @ParameterizedTest
    @EnumSource
    void anEndThatCausesAnotherJob(Cut cut) throws Exception {
        String told = "told" + route;
        rig.followUps.ofJobs((before, ended) ->
                ended.route().equals(route) ? List.of(new FollowUp(rig.job(told), new byte[10])) : List.of());
        for (String statement : List.of(MoveSql.END, AppendSql.PLAIN, "COMMIT")) {
            Job running = rig.started(route);
            List<JobEvent> heard = new CopyOnWriteArrayList<>();
            Disposable tail =
                    rig.journal.tail(event -> event.route().equals(told)).subscribe(heard::add);
            cut.at(statement, rig.finish(running, 10));
            rig.assertHistory(running.id(), "accepted", "started", "succeeded");
            Job caused = rig.claimOne(told);
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(heard).extracting(JobEvent::name).containsExactly("accepted", "started"));
            tail.dispose();
            get(rig.finish(caused, 10));
        }
        assertThat(rig.number("select count(*) from job where route = '" + told + "'"))
                .isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void aBatchOfOutput(Cut cut) throws Exception {
        Job running = rig.started(route);
        JobResult head = new JobResult(200, Headers.of("Content-Type", "text/plain"));
        List<List<Output>> batches = List.of(
                List.of(Output.text("one", 1, 0), Output.text("two", 1, 3)),
                List.of(Output.text("three", 1, 6)),
                List.of(Output.text("three", 1, 11)));
        ReceivedBody received = cut.at(
                OutputSql.EMIT, rig.journal.stream(running, head, reactor.core.publisher.Flux.fromIterable(batches)));
        Job ended = cut.at(MoveSql.END, rig.journal.finish(running, new Ending(head, null), received));
        assertThat(ended.lastSeq()).isEqualTo(7);
        assertThat(new String(rig.result(running.id()), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("onetwothreethree");
        rig.assertHistory(running.id(), "accepted", "started", "output", "output", "output", "output", "succeeded");
    }

    @ParameterizedTest
    @EnumSource
    void aParking(Cut cut) throws Exception {
        Job running = rig.started(route);
        Job parked = cut.at(MoveSql.PARK, rig.journal.record(running, parking(running)));
        assertThat(rig.find(running.id())).isEqualTo(parked);
        assertThat(parked.awaiting()).isEqualTo(parking(running).awaiting());
        Job checked = resumeOne();
        Job again = cut.at(MoveSql.PARK, rig.journal.record(checked, new Transition.Lose()));
        assertThat(again.parked()).isTrue();
        rig.assertHistory(running.id(), "accepted", "started");
    }

    @ParameterizedTest
    @EnumSource
    void aCheckOfAParkedJob(Cut cut) throws Exception {
        Job running = rig.started(route);
        get(rig.journal.record(running, parking(running)));
        Journal.Claimed claimed = cut.atOrAgain(Resumes.RESUME, rig.journal.resume(Map.of(route, 5), LEASE));
        assertThat(claimed.jobs()).extracting(Job::id).containsExactly(running.id());
        get(rig.finish(claimed.jobs().get(0), 10));
        rig.assertHistory(running.id(), "accepted", "started", "succeeded");
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerByALaterCall(Cut cut) throws Exception {
        for (int size : List.of(100, LARGE)) {
            Job running = rig.started(route);
            get(rig.journal.record(running, parking(running)));
            JobResult head = new JobResult(200, Headers.of("Content-Type", "text/plain"));
            Job completed = cut.at(
                    MoveSql.COMPLETE,
                    rig.journal.complete(
                            running.id(), 1, head, reactor.core.publisher.Flux.just(body(running.id(), size))));
            assertThat(rig.find(running.id())).isEqualTo(completed);
            Job checked = resumeOne();
            Journal.Completed answer = cut.at(BodyReads.ANSWERED, rig.journal.answered(checked));
            Job ended =
                    cut.at(MoveSql.END, rig.journal.finish(checked, new Ending(answer.head(), null), answer.body()));
            assertThat(ended.state()).isEqualTo(JobState.SUCCEEDED);
            assertThat(rig.result(running.id())).isEqualTo(body(running.id(), size));
            rig.assertHistory(running.id(), "accepted", "started", "succeeded");
        }
    }

    private static Transition.Await parking(Job running) {
        return new Transition.Await(
                new Awaiting.Completion(Duration.ofHours(1)),
                Instant.ofEpochMilli(running.startedAt().toEpochMilli()));
    }

    private Job resumeOne() {
        List<Job> jobs = persist(rig.journal.resume(Map.of(route, 5), LEASE)).jobs();
        assertThat(jobs).hasSize(1);
        return jobs.get(0);
    }

    @ParameterizedTest
    @EnumSource
    void aReturnToTheQueue(Cut cut) throws Exception {
        Job running = rig.started(route);
        Instant now = running.startedAt();
        Job returned = cut.at(
                MoveSql.REQUEUE,
                rig.journal.record(running, new Transition.Requeue(RequeueReason.RETRY, now, FAILURE)));
        assertThat(returned.state()).isEqualTo(JobState.QUEUED);
        rig.assertHistory(running.id(), "accepted", "started", "requeued");
        assertThat(rig.claimOne(route).attempt()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void aFailure(Cut cut) throws Exception {
        Job running = rig.started(route);
        Job failed = cut.at(MoveSql.END, rig.journal.record(running, new Transition.Fail(FAILURE, null)));
        assertThat(failed.failure()).isEqualTo(FAILURE);
        rig.assertHistory(running.id(), "accepted", "started", "failed");
    }

    @ParameterizedTest
    @EnumSource
    void outputAndReports(Cut cut) throws Exception {
        Job running = rig.started(route);
        Transition.Emit piece = new Transition.Emit(Output.text("piece", 0, 0));
        cut.at(MoveSql.TELL, rig.journal.move(running, piece));
        cut.at(MoveSql.TELL, rig.journal.move(running, piece));
        cut.at(MoveSql.TELL, rig.journal.report(running.id(), new Transition.Report(new Progress(50.0, null), null)));
        rig.assertHistory(running.id(), "accepted", "started", "output", "output", "progress");
    }

    @ParameterizedTest
    @EnumSource
    void theEndOfAJob(Cut cut) throws Exception {
        for (int bytes : new int[] {10, LARGE}) {
            Job running = rig.started(route);
            Job ended = cut.at(MoveSql.END, rig.finish(running, bytes));
            assertThat(ended.state()).isEqualTo(JobState.SUCCEEDED);
            assertEndedOnce(running, bytes);
        }
        Job running = rig.started(route);
        cut.at(PostgresPieceStore.WRITE, rig.finish(running, LARGE));
        assertEndedOnce(running, LARGE);
    }

    private static void assertEndedOnce(Job running, int bytes) {
        rig.assertHistory(running.id(), "accepted", "started", "succeeded");
        assertThat(rig.result(running.id())).isEqualTo(body(running.id(), bytes));
    }

    @ParameterizedTest
    @EnumSource
    void aCancellation(Cut cut) throws Exception {
        Job waiting = rig.accept(rig.job(route));
        assertThat(cut.at(MoveSql.END, rig.journal.cancel(waiting.id())).state())
                .isEqualTo(JobState.CANCELLED);
        rig.assertHistory(waiting.id(), "accepted", "cancelled");
    }

    @ParameterizedTest
    @EnumSource
    void aDeadline(Cut cut) throws Exception {
        for (String statement : List.of(TimeLimits.OVERDUE, MoveSql.END, TimeLimits.NEXT_DEADLINE)) {
            CompletableFuture<Void> broken = cut.set(statement); // first, for the node itself looks once a second
            Job late = rig.accept(rig.job(route, 5, null, Duration.ofMillis(1)));
            await().until(() ->
                    rig.journal.clock().instant().isAfter(late.spec().deadline().plusMillis(5)));
            assertThat(persist(rig.journal.failOverdue())).isEqualTo(Instant.MAX);
            broken.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            rig.assertHistory(late.id(), "accepted", "failed");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsRead(Cut cut) throws Exception {
        NewJob job = rig.job(route, 5, "key", null);
        created(get(rig.append(job, LARGE)));
        Job running = rig.claimOne(route);
        get(rig.finish(running, LARGE));
        assertThat(cut.at(Finds.SQL, rig.journal.find(job.id()))).isInstanceOf(Lookup.Known.class);
        assertThat(cut.at(
                        BodyReads.PIECE,
                        rig.journal
                                .result(job.id())
                                .flatMapMany(result -> result.body())
                                .count()))
                .isEqualTo(4);
        assertThat(cut.atOrAgain(PostgresIntake.HOLDS, rig.journal.holds(job.key())))
                .isTrue();
        assertThat(cut.atOrAgain(
                        EventReads.EVENTS, rig.journal.history(job.id(), 0).count()))
                .isEqualTo(3);
        assertThat(cut.atOrAgain(BodyReads.RESULT, rig.journal.result(job.id())).size())
                .isEqualTo(LARGE);
        assertThat(rig.request(job.id())).hasSize(LARGE); // which the claim had brought along
        assertThat(cut.atOrAgain(BodyReads.REQUEST, rig.journal.request(job.id()))
                        .size())
                .isEqualTo(LARGE);
        assertThat(cut.atOrAgain(ListReads.LIST, rig.journal.list(new JobFilter(route, null, null, null), 10, null))
                        .jobs())
                .hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void anErasure(Cut cut) throws Exception {
        Job job = rig.started(route);
        get(rig.finish(job, LARGE));
        assertThat(cut.at(ErasureSteps.ONE, rig.journal.forget(job.id()))).isTrue();
        assertThat(get(rig.journal.find(job.id()))).isInstanceOf(Lookup.Expired.class);
        assertThat(get(rig.journal.forget(job.id()))).isFalse();

        Job other = rig.started(route);
        Job ended = get(rig.finish(other, 10));
        cut.atOrAgain(
                ErasureSteps.EXPIRED, ((PostgresJournal) rig.journal).purge(ended.expiresAt(), Duration.ofDays(1)));
        assertThat(get(rig.journal.find(other.id()))).isInstanceOf(Lookup.Expired.class);
        assertThat(rig.number("select count(*) from piece where job = '" + Rows.uuid(job.id()) + "'"))
                .isZero();
    }

    @ParameterizedTest
    @EnumSource
    void whatNodesTellEachOther(Cut cut) throws Exception {
        try (Journal other = FaultsRig.open(database.url(), database, 3, Duration.ofSeconds(5))) {
            await().atMost(LIMIT).until(() -> rig.journal.backlog().nodes() == 2);
            Job waiting = rig.accept(rig.job(route));
            Queue<JobEvent> told = new ConcurrentLinkedQueue<>();
            Disposable tail = other.tail(following(waiting.id())).subscribe(told::add);
            CompletableFuture<Void> broken = cut.set("pg_notify");
            Job running = rig.claimOne(route);
            broken.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            get(rig.finish(running, 10));
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(told).extracting(JobEvent::name).endsWith("succeeded"));
            // A number that is left out tells the follower to look into the history.
            assertThat(told).extracting(JobEvent::seq).doesNotHaveDuplicates().isSorted();
            rig.assertHistory(waiting.id(), "accepted", "started", "succeeded");
            tail.dispose();
        }
    }

    /** Whoever follows a job by its number misses nothing of it. */
    private static Interest following(JobId id) {
        return new Interest() {
            @Override
            public boolean wants(JobEvent event) {
                return event.job().equals(id);
            }

            @Override
            public boolean follows(JobId job) {
                return job.equals(id);
            }

            @Override
            public Map<JobId, Long> followed() {
                return Map.of(id, 1L);
            }
        };
    }
}
