package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LEASE;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Journal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Many jobs run, and their leases are renewed while they end: nobody waits for somebody who waits for him, nor for long. */
@Timeout(120)
class RenewalsTest {

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static FaultsRig rig;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        rig = new FaultsRig(database, 10, Duration.ofSeconds(5));
    }

    @AfterAll
    static void stop() throws Exception {
        rig.close();
        server.drop(database);
    }

    private static List<Job> running(String route, int jobs) {
        get(Flux.range(0, jobs).flatMap(i -> rig.append(rig.job(route)), 256).then());
        List<Job> running = new ArrayList<>();
        while (running.size() < jobs) {
            running.addAll(get(rig.journal.claim(Map.of(route, Journal.Demand.of(500)), LEASE))
                    .jobs());
        }
        return running;
    }

    private static long deadlocks() {
        return server.log()
                .lines()
                .filter(line -> line.contains("deadlock detected"))
                .count();
    }

    @Test
    void renewalsAndMovesDoNotDeadlock() {
        long before = deadlocks();
        Random order = new Random(7);
        AtomicLong slowest = new AtomicLong();
        for (int round = 0; round < 20; round++) {
            List<Job> running = running("many", 300);
            Collections.shuffle(running, order);
            List<Job> renewed = new ArrayList<>(running);
            Collections.shuffle(renewed, order);
            Mono<Void> renewals = Flux.range(0, 4)
                    .flatMap(i -> rig.journal.renew(renewed, LEASE))
                    .then();
            Mono<Void> moves = Flux.fromIterable(running)
                    .flatMap(
                            job -> {
                                long begin = System.nanoTime();
                                return move(job)
                                        .doOnSuccess(
                                                done -> slowest.accumulateAndGet(System.nanoTime() - begin, Math::max));
                            },
                            300)
                    .then();
            get(Mono.when(renewals, moves));
            get(Flux.fromIterable(running)
                    .flatMap(job -> rig.journal.cancel(job.id()).onErrorComplete(), 300)
                    .then());
        }
        assertThat(deadlocks()).isEqualTo(before);
        assertThat(Duration.ofNanos(slowest.get())).isLessThan(Duration.ofSeconds(1)); // that of finding a deadlock
    }

    private static Mono<Job> move(Job job) {
        return switch ((int) (job.id().low() & 3)) {
            case 0 ->
                rig.journal.record(
                        job,
                        new Transition.Requeue(
                                RequeueReason.RETRY, job.spec().acceptedAt().plusSeconds(60), null));
            case 1 -> rig.journal.report(job.id(), new Transition.Report(new Progress(50.0, null), null));
            default -> rig.finish(job, 10);
        };
    }

    /**
     * No index contains the end of a lease, so that a renewal is a heap-only update. One contains the period in which the
     * lease ends, so these leases all end at the beginning of the same period.
     */
    @Test
    void renewalsWriteNoIndexEntries() throws SQLException {
        List<Job> running = running("heap", 1_000);
        long now = rig.number("select millis()");
        Duration lease = Duration.ofMillis((((now + LEASE.toMillis()) >> 16) + 1 << 16) - now);
        for (int i = 0; i < 3; i++) {
            get(rig.journal.renew(running, lease)); // which makes room in the pages where they are
        }
        List<Job> part = TimeLimits.parts(running).get(0);
        try (Connection connection = rig.connect()) {
            long[] written = new Session(connection).transaction(session -> {
                List<JobId> renewed = session.rows(
                        TimeLimits.RENEW,
                        row -> Rows.id(row, 0),
                        Rows.uuids(part.stream().map(Job::id).toList()),
                        part.stream().map(Job::fence).toArray(Long[]::new),
                        lease.toMillis());
                assertThat(renewed).hasSameSizeAs(part);
                return session.rows(
                                "select n_tup_upd, n_tup_hot_upd from pg_stat_xact_user_tables where relname = 'live'",
                                row -> new long[] {Rows.number(row, 0), Rows.number(row, 1)})
                        .get(0);
            });
            assertThat(written[0]).isEqualTo(part.size());
            assertThat(written[1]).as("of %s updates", written[0]).isGreaterThan(written[0] / 2);
        }
    }

    @Test
    void thousandsAreRenewedInTime() {
        List<Job> running = running("thousands", 5_000);
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long begin = System.nanoTime();
            assertThat(get(rig.journal.renew(running, LEASE))).isEmpty();
            best = Math.min(best, System.nanoTime() - begin);
        }
        assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(500));
    }
}
