package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LEASE;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Journal;
import dev.sluice.journal.NewJob;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;

/** Several nodes need not agree about who is held, and one of an earlier version knows nothing of it. */
@Timeout(60)
class HeldCallersTest {

    private static final String ROUTE = "reports";
    private static final long HELD = 8;

    private PostgresServer server;
    private PostgresServer.Database database;
    private FaultsRig first;
    private FaultsRig second;

    @BeforeEach
    void open() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        first = new FaultsRig(database, 5, Duration.ofSeconds(10));
        second = new FaultsRig(database, 5, Duration.ofSeconds(10));
    }

    @AfterEach
    void close() throws Exception {
        first.close();
        second.close();
        server.drop(database);
    }

    private static NewJob of(NewJob job, long caller) {
        return new NewJob(
                job.id(),
                job.route(),
                job.spec().toBuilder().caller(caller).turn(caller % 2).build(),
                job.dueAt(),
                job.request(),
                job.credentials(),
                job.key());
    }

    private static Mono<Journal.Claimed> claim(FaultsRig node, Long... held) {
        return node.journal.claim(
                Map.of(ROUTE, new Journal.Demand(3, Integer.MAX_VALUE, Integer.MAX_VALUE, Set.of(held))), LEASE);
    }

    @Test
    void nodesThatDisagreeLoseAndDoubleNothing() {
        List<JobId> accepted = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            accepted.add(
                    first.accept(of(first.job(ROUTE), i % 3 == 0 ? HELD : i)).id());
        }
        Mono<List<JobId>> holding = claim(first, HELD)
                .repeat(30)
                .concatMapIterable(Journal.Claimed::jobs)
                .map(Job::id)
                .collectList();
        Mono<List<JobId>> other = claim(second)
                .repeat(30)
                .concatMapIterable(Journal.Claimed::jobs)
                .map(Job::id)
                .collectList();
        List<JobId> claimed = new ArrayList<>();
        get(Mono.zip(holding, other)).forEach(ids -> ((List<?>) ids).forEach(id -> claimed.add((JobId) id)));
        for (boolean more = true; more; ) {
            Journal.Claimed rest = get(claim(second));
            rest.jobs().forEach(job -> claimed.add(job.id()));
            more = rest.more() || !rest.jobs().isEmpty();
        }
        assertThat(claimed).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(accepted);
    }

    @Test
    void aNodeOfAnEarlierVersionStartsWhatIsSetAsideAndARetryOfItIsStillDelayed() {
        Job job = first.accept(of(first.job(ROUTE), HELD));
        assertThat(get(claim(first, HELD)).jobs()).isEmpty();
        assertThat(first.number("select count(*) from live where aside and state = 'd'"))
                .isEqualTo(1);

        first.execute("update live set state = 'q' where state = 'd' and due_at <= millis()"); // its way to promote
        first.execute("update live set state = 'r', seq = seq + 1, fence = fence + 1, attempt = attempt + 1,"
                + " started_at = millis(), lease_until = millis() + 60000");
        first.execute(
                "insert into event (job, seq, at, attempt, kind) select id, seq, millis(), attempt, 's' from live");
        first.execute("update live set state = 'd', seq = seq + 1, due_at = millis() + 3600000, lease_until = null");
        first.execute("insert into event (job, seq, at, attempt, kind) select id, seq, millis(), 0, 'r' from live");

        assertThat(get(claim(second)).jobs()).isEmpty();
        assertThat(get(claim(second, HELD)).jobs()).isEmpty();
        assertThat(second.find(job.id()).attempt()).isEqualTo(1);
        first.execute("update live set due_at = millis() - 1");
        assertThat(get(claim(second)).jobs()).extracting(Job::id).containsExactly(job.id());
        assertThat(first.number("select count(*) from live where aside")).isZero();
    }

    @Test
    void whatIsSetAsideIsBroughtBackByWhomeverClaims() {
        Job job = first.accept(of(first.job(ROUTE), HELD));
        assertThat(get(claim(first, HELD)).jobs()).isEmpty();
        Job claimed = get(claim(second)).jobs().get(0);
        assertThat(claimed.id()).isEqualTo(job.id());
        Instant now = second.journal.clock().instant();
        get(second.journal.record(claimed, new Transition.Requeue(RequeueReason.RETRY, now, null)));
        assertThat(get(claim(first, HELD)).jobs()).isEmpty();
        assertThat(get(claim(first)).jobs()).extracting(Job::id).containsExactly(job.id());
    }
}
