package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static dev.sluice.journal.postgres.FaultsRig.persist;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.FreePorts;
import dev.sluice.Mount;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.Appended;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.NewJob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The server itself ends and comes back, here or elsewhere, while jobs are accepted, claimed and finished. */
@Timeout(60)
class PostgresRestartTest {

    private static final String ROUTE = "reports";
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    /** How soon a node works again when the database is back, with room for a machine that is busy. */
    private static final Duration SOON = Duration.ofSeconds(5);

    private static PostgresServer server;

    private PostgresServer.Database database;
    private FaultsRig rig;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void open() throws Exception {
        database = server.newDatabase();
        rig = new FaultsRig(database, 5, TIMEOUT);
    }

    @AfterEach
    void close() {
        if (rig != null) {
            rig.close();
        }
    }

    /** Callers that send one job after another, and a worker. */
    private final class Load implements AutoCloseable {

        private final Set<JobId> accepted = ConcurrentHashMap.newKeySet();
        private final Queue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
        private final AtomicLong longestNanos = new AtomicLong();
        private final List<Disposable> callers = new ArrayList<>();
        private final Disposable worker;

        Load() {
            for (int i = 0; i < 8; i++) {
                callers.add(Mono.defer(this::call).repeat().subscribe(done -> {}, unexpected::add));
            }
            worker = Mono.defer(this::work).repeat().subscribe(done -> {}, unexpected::add);
        }

        private Mono<Appended> call() {
            NewJob job = rig.job(ROUTE, 1, null, null);
            long begin = System.nanoTime();
            return rig.append(job)
                    .doOnNext(created -> accepted.add(job.id()))
                    .doFinally(end -> longestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max))
                    .onErrorResume(
                            JournalUnavailableException.class,
                            error -> Mono.delay(Duration.ofMillis(20)).then(Mono.empty()));
        }

        private Mono<Void> work() {
            return rig.claim(ROUTE)
                    .flatMapMany(Flux::fromIterable)
                    .flatMap(job -> FaultsRig.whileAway(rig.finish(job, 100)))
                    .then()
                    .onErrorResume(
                            JournalUnavailableException.class,
                            error -> Mono.delay(Duration.ofMillis(50)).then());
        }

        /** Until more was accepted than before. */
        void flows() {
            int before = accepted.size();
            await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(() -> accepted.size() > before + 20);
        }

        void assertNothingLostAndNothingTwice() {
            callers.forEach(Disposable::dispose);
            await().atMost(LIMIT)
                    .until(() -> rig.number("select count(*) from live") == 0
                            && rig.number("select count(*) from outcome") >= accepted.size());
            worker.dispose();
            assertThat(unexpected).isEmpty();
            assertThat(rig.number("select count(*) from outcome where state <> 's' or fence <> 1 or seq <> 3"))
                    .isZero();
            for (JobId id : accepted) {
                Job job = rig.find(id);
                assertThat(job).isNotNull();
                assertThat(job.state()).isEqualTo(JobState.SUCCEEDED);
            }
            rig.assertHistory(accepted.iterator().next(), "accepted", "started", "succeeded");
            // Nobody is told of a job whose caller went away just now.
            assertThat(rig.number("select count(*) from job") - accepted.size()).isBetween(0L, (long) callers.size());
        }

        @Override
        public void close() {
            callers.forEach(Disposable::dispose);
            worker.dispose();
        }
    }

    @Test
    void aRestartLosesNothing() throws Exception {
        try (Load load = new Load()) {
            load.flows();
            server.stop();
            assertDown();
            server.startAgain();
            load.flows();
            server.crash();
            assertDown();
            server.startAgain();
            load.flows();
            await().atMost(SOON).until(() -> rig.journal.health().up());
            assertThat(Duration.ofNanos(load.longestNanos.get())).isLessThan(TIMEOUT.multipliedBy(5));
            load.assertNothingLostAndNothingTwice();
        }
    }

    /** It says so, and refuses at once. */
    private void assertDown() {
        await().atMost(SOON).until(() -> !rig.journal.health().up());
        assertThat(rig.journal.health().detail())
                .containsAnyOf("no connection to the database", "is being stopped or started");
        long begin = System.nanoTime();
        assertThatThrownBy(() -> get(rig.append(rig.job(ROUTE)))).isInstanceOf(JournalUnavailableException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TIMEOUT.multipliedBy(4));
    }

    @Test
    void anotherServerTakesOver() throws Exception {
        int before = server.port();
        try (CuttingProxy other = new CuttingProxy(FreePorts.next())) {
            rig.close();
            rig = new FaultsRig(database, database.urlOr(other.port()), 5, TIMEOUT);
            try (Load load = new Load()) {
                load.flows();
                server.stop();
                assertDown();
                server.startElsewhere();
                assertThat(server.port()).isNotEqualTo(before);
                database = database.at(server.port());
                rig.looksAt(database);
                other.leadTo(server.port());
                load.flows();
                load.assertNothingLostAndNothingTwice();
            }
        }
    }

    /** As a server that stands still, or a network that drops everything: connections open, and nothing comes back. */
    @Test
    void anAddressThatSwallowsEverythingIsPassedOver() throws Exception {
        try (CuttingProxy first = new CuttingProxy(server.port());
                CuttingProxy second = new CuttingProxy(server.port())) {
            rig.close();
            rig = new FaultsRig(database, database.at(first.port()).urlOr(second.port()), 5, TIMEOUT);
            try (Load load = new Load()) {
                load.flows();
                assertThat(second.connections()).isZero();
                first.hold();
                await().atMost(LIMIT).until(() -> second.connections() > 0);
                load.flows();
                load.assertNothingLostAndNothingTwice();
            }
        }
    }

    @Test
    void aFullDiskIsSaidAndForgotten() throws Exception {
        // One of its own: it writes back for one database what another left in its memory.
        try (Mount mount = PostgresServer.disk("24m");
                PostgresServer own = PostgresServer.start()) {
            PostgresServer.Database small = own.newDatabaseOn(mount.path());
            try (FaultsRig full = new FaultsRig(small, 3, TIMEOUT)) {
                List<JobId> accepted = new ArrayList<>();
                List<JobId> refused = new ArrayList<>();
                while (refused.size() < 3) {
                    NewJob job = full.job(ROUTE);
                    (append(full, job) ? accepted : refused).add(job.id());
                    assertThat(accepted.size()).isLessThan(500);
                }
                assertThat(accepted).isNotEmpty();
                assertThat(full.journal.health().up()).isFalse();
                assertThat(full.journal.health().detail()).isEqualTo("the disk of the database is full");
                mount.grow("100m");
                await().atMost(SOON).until(() -> {
                    NewJob job = full.job(ROUTE);
                    return append(full, job) && accepted.add(job.id());
                });
                assertThat(full.journal.health().up()).isTrue();
                refused.forEach(id -> assertThat(full.find(id)).isNull());
                for (JobId id : accepted) {
                    assertThat(full.request(id)).isEqualTo(FaultsRig.body(id, FaultsRig.LARGE));
                }
                persist(full.journal.clearUp());
                await().atMost(LIMIT)
                        .untilAsserted(() -> assertThat(full.number("select count(distinct job) from piece"))
                                .isEqualTo(accepted.size()));
            }
        }
    }

    private static boolean append(FaultsRig rig, NewJob job) {
        return Boolean.TRUE.equals(rig.append(job, FaultsRig.LARGE)
                .map(appended -> appended instanceof Appended.Created)
                .onErrorResume(JournalUnavailableException.class, error -> Mono.just(false))
                .block(LIMIT));
    }
}
