package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** However large events are, only so many bytes of them are read at once. */
class PagesTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int EVENTS = 150;
    private static final int SIZE = 16 * 1024;

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static Database beside;
    private static EventReads reads;
    private static Job job;

    @BeforeAll
    static void emit() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        try (FaultsRig rig = new FaultsRig(database, 3, TIMEOUT)) {
            Job started = rig.started("r");
            Transition piece = new Transition.Emit(Output.text("x".repeat(SIZE), 0, 0));
            Flux.range(0, EVENTS)
                    .concatMap(i -> rig.journal.move(started, piece))
                    .blockLast(FaultsRig.LIMIT);
            job = rig.finish(started, 10).block(FaultsRig.LIMIT);
        }
        Servers servers = new Servers(FaultsRig.properties(database.url(), database, 3, TIMEOUT));
        beside = new Database(servers, 3, new PostgresJournalMeters(new SimpleMeterRegistry()));
        reads = new EventReads(beside, null);
    }

    @AfterAll
    static void drop() throws Exception {
        beside.close();
        server.drop(database);
    }

    @Test
    void thoseOfOneJob() {
        List<Long> numbers = new ArrayList<>(List.of(1L));
        for (boolean more = true; more; ) {
            EventReads.Page page = reads.page(job.id(), "r", numbers.get(numbers.size() - 1));
            assertThat(bytes(page.events())).isLessThan(EventReads.PAGE_BYTES + 2 * SIZE);
            page.events().forEach(event -> numbers.add(event.seq()));
            more = page.more();
        }
        assertThat(numbers).hasSize(2 + EVENTS).last().isEqualTo(job.lastSeq() - 1);
    }

    @Test
    void thoseOfSeveral() {
        List<JobEvent> all = new ArrayList<>();
        for (Map<JobId, Long> more = Map.of(job.id(), 0L); !more.isEmpty(); ) {
            Feed.Fetched fetched = reads.after(more);
            assertThat(bytes(fetched.events())).isLessThan(EventReads.FEED_BYTES + 2 * SIZE);
            all.addAll(fetched.events());
            more = fetched.more();
        }
        assertThat(all).hasSize(3 + EVENTS).isSortedAccordingTo((a, b) -> Long.compare(a.seq(), b.seq()));
        assertThat(all.get(all.size() - 1)).isInstanceOf(JobEvent.Finished.class);
    }

    private static int bytes(List<JobEvent> events) {
        return events.stream()
                .mapToInt(event -> event instanceof JobEvent.Emitted emitted
                        ? emitted.output().bytes().length
                        : 0)
                .sum();
    }
}
