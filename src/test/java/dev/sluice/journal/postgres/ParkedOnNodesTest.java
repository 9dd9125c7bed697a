package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LARGE;
import static dev.sluice.journal.postgres.FaultsRig.LEASE;
import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.body;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Progress;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.WorkQueue.Completed;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Jobs that wait for their backends belong to no node: any of them checks on them, and takes their answers. */
@Timeout(60)
class ParkedOnNodesTest {

    private static final JobResult CREATED = new JobResult(201, Headers.of("Content-Type", "text/plain"));
    private static final Awaiting LATER = new Awaiting.Completion(Duration.ofHours(1));

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static FaultsRig first;
    private static FaultsRig second;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        first = new FaultsRig(database, 5, Duration.ofSeconds(5));
        second = new FaultsRig(database, 5, Duration.ofSeconds(5));
        await().atMost(LIMIT).until(() -> first.journal.backlog().nodes() == 2);
    }

    @AfterAll
    static void stop() throws Exception {
        first.close();
        second.close();
        server.drop(database);
    }

    @Test
    void aPollIsTakenOverByTheOtherNode() {
        Awaiting operation = new Awaiting.Operation("http://backend.example/operations/1", Instant.EPOCH);
        Job parked = get(first.journal.record(first.started("poll"), new Transition.Await(operation, now())));
        Job checked = resumeOne(second, "poll");
        assertThat(checked.id()).isEqualTo(parked.id());
        assertThat(checked.awaiting()).isEqualTo(operation);
        assertThat(resume(first, "poll")).isEmpty();
        get(second.journal.record(checked, new Transition.Await(operation, now())));
        Job back = resumeOne(first, "poll");
        get(first.finish(back, 10));
        assertThat(second.find(parked.id()).state()).isEqualTo(JobState.SUCCEEDED);
        second.assertHistory(parked.id(), "accepted", "started", "succeeded");
    }

    @Test
    void aCheckOfANodeThatDiesIsRepeatedByTheOther() throws Exception {
        Awaiting operation = new Awaiting.Operation("http://backend.example/operations/1", Instant.EPOCH);
        FaultsRig dying = new FaultsRig(database, 5, Duration.ofSeconds(5));
        Job parked = get(first.journal.record(first.started("dies"), new Transition.Await(operation, now())));
        Duration lease = Duration.ofSeconds(1);
        assertThat(get(dying.journal.resume(Map.of("dies", 5), lease)).jobs()).hasSize(1);
        dying.proxy.close(); // it is not heard of again
        await().atMost(LIMIT).until(() -> !resume(first, "dies").isEmpty());
        assertThat(first.find(parked.id()).attempt()).isEqualTo(1);
        first.assertHistory(parked.id(), "accepted", "started");
        dying.close();
    }

    @Test
    void anAnswerComesToTheNodeThatDoesNotRunTheJob() {
        for (int size : List.of(100, LARGE)) {
            Job calling = first.started("answer");
            get(second.journal.complete(calling.id(), 1, CREATED, Flux.just(body(calling.id(), size))));
            assertThat(get(first.journal.renew(List.of(calling), LEASE))).containsExactly(calling.id());
            assertThatThrownBy(() -> get(first.journal.record(calling, new Transition.Await(LATER, now()))))
                    .isInstanceOf(StaleClaimException.class);
            Job checked = resumeOne(first, "answer");
            Completed answer = get(first.journal.answered(checked));
            Job ended = get(first.journal.finish(checked, new Ending(answer.head(), null), answer.body()));
            assertThat(second.find(ended.id())).isEqualTo(ended);
            assertThat(second.result(ended.id())).isEqualTo(body(ended.id(), size));
            get(first.journal.clearUp());
            assertThat(second.result(ended.id())).isEqualTo(body(ended.id(), size));
        }
    }

    @Test
    void aReportToTheOtherNodeIsASignOfLife() {
        Job parked = get(first.journal.record(first.started("report"), new Transition.Await(LATER, now())));
        Job reported = get(second.journal.report(parked.id(), new Transition.Report(new Progress(1.0, null), null)));
        assertThat(reported.dueAt()).isAfter(parked.dueAt().plus(Duration.ofMinutes(59)));
        assertThat(first.find(parked.id()).dueAt()).isEqualTo(reported.dueAt());
        assertThat(resume(first, "report")).isEmpty();
    }

    @Test
    void noJobIsCheckedOnByTwoNodes() {
        Set<String> parked = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            parked.add(get(first.journal.record(first.started("many"), new Transition.Await(LATER, now())))
                    .id()
                    .toString());
        }
        ConcurrentLinkedQueue<String> checked = new ConcurrentLinkedQueue<>();
        get(Flux.just(first, second, first, second)
                .flatMap(rig -> Mono.defer(() -> rig.journal.resume(Map.of("many", 4), LEASE))
                        .doOnNext(claimed -> claimed.jobs()
                                .forEach(job -> checked.add(job.id().toString())))
                        .repeat(() -> checked.size() < parked.size())
                        .then()
                        .subscribeOn(Schedulers.parallel()))
                .then());
        assertThat(checked).containsExactlyInAnyOrderElementsOf(parked);
    }

    @Test
    void whileANodeOfAnEarlierVersionIsThereNoJobIsParked() {
        Job calling = first.started("early");
        UUID old = UUID.randomUUID();
        first.execute("insert into node values ('" + old + "', 'old', 7, millis() + 3600000)");
        try {
            await().atMost(LIMIT).until(() -> isRefused(first.started("probe")));
            assertThat(isRefused(calling)).isTrue();
            assertThatThrownBy(() -> get(first.journal.complete(calling.id(), 1, CREATED, Flux.empty())))
                    .isInstanceOf(JournalUnavailableException.class);
        } finally {
            first.execute("delete from node where id = '" + old + "'");
        }
        Job parked = FaultsRig.persist(first.journal.record(calling, new Transition.Await(LATER, now())));
        assertThat(parked.parked()).isTrue();
    }

    private static boolean isRefused(Job calling) {
        return Boolean.TRUE.equals(get(first.journal
                .record(calling, new Transition.Await(LATER, now()))
                .map(parked -> false)
                .onErrorReturn(JournalUnavailableException.class, true)));
    }

    private static Instant now() {
        return first.journal.clock().instant();
    }

    private static List<Job> resume(FaultsRig rig, String route) {
        return get(rig.journal.resume(Map.of(route, 5), LEASE)).jobs();
    }

    private static Job resumeOne(FaultsRig rig, String route) {
        List<Job> jobs = resume(rig, route);
        assertThat(jobs).hasSize(1);
        return jobs.get(0);
    }
}
