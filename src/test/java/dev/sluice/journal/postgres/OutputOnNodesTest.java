package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Interest;
import dev.sluice.journal.ReceivedBody;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** What a backend streams to one node is read on every other, while it arrives and ever after. */
@Timeout(60)
class OutputOnNodesTest {

    private static final JobResult HEAD = new JobResult(200, Headers.of("Content-Type", "text/event-stream"));

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
    void aReaderOnTheOtherNodeIsToldAllPieces() {
        Job job = first.started("live");
        List<JobEvent> told = new CopyOnWriteArrayList<>();
        Disposable reading = second.journal
                .tail(following(job.id()))
                .filter(event -> event.seq() > 2)
                .subscribe(told::add);
        Sinks.Many<List<Output>> batches = Sinks.many().unicast().onBackpressureBuffer();
        Flux<List<Output>> arriving = batches.asFlux();
        var streaming = first.journal.stream(job, HEAD, arriving).toFuture();
        batches.tryEmitNext(List.of(piece(0), piece(1))).orThrow();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(told).hasSize(2));
        Answer begun = get(second.journal.answer(job.id()));
        assertThat(begun.size()).isEqualTo(piece(1).end());
        assertThat(begun.head()).isEqualTo(HEAD);

        for (int i = 2; i < 2_002; i += 20) {
            batches.tryEmitNext(LongStream.range(i, i + 20)
                            .mapToObj(n -> piece((int) n))
                            .toList())
                    .orThrow();
        }
        batches.tryEmitComplete().orThrow();
        ReceivedBody received = streaming.join();
        long last =
                get(first.journal.finish(job, new Ending(HEAD, null), received)).lastSeq();
        List<Long> all = LongStream.rangeClosed(3, last).boxed().toList();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(told).extracting(JobEvent::seq).isEqualTo(all));
        assertThat(second.history(job.id())).hasSize((int) last).endsWith(told.toArray(JobEvent[]::new));
        assertThat(second.result(job.id())).isEqualTo(body(second.history(job.id())));
        reading.dispose();
    }

    @Test
    void outputOfJobsThatAnEarlierVersionErasedIsRemoved() {
        Job job = first.started("left");
        ReceivedBody received = get(first.journal.stream(job, HEAD, Flux.just(List.of(piece(0)))));
        get(first.journal.finish(job, new Ending(HEAD, null), received));
        first.execute("delete from outcome where id = '" + Rows.uuid(job.id()) + "'");
        first.execute("delete from job where id = '" + Rows.uuid(job.id()) + "'");
        await().atMost(LIMIT).untilAsserted(() -> {
            get(first.journal.clearUp());
            assertThat(first.number("select count(*) from output where job = '" + Rows.uuid(job.id()) + "'"))
                    .isZero();
        });
    }

    @Test
    void whileANodeOfAnEarlierVersionIsThereOutputIsStoredAsItReadsIt() {
        UUID old = UUID.randomUUID();
        first.execute("insert into node values ('" + old + "', 'old', 12, millis() + 3600000)");
        try {
            await().atMost(LIMIT).until(() -> !isInBlocks());
        } finally {
            first.execute("delete from node where id = '" + old + "'");
        }
        await().atMost(LIMIT).until(OutputOnNodesTest::isInBlocks);
    }

    /** Whether what is streamed now is stored in blocks; in any case it is read on the other node. */
    private static boolean isInBlocks() {
        Job job = first.started("early");
        ReceivedBody received = get(first.journal.stream(job, HEAD, Flux.just(List.of(piece(0)), List.of(piece(1)))));
        assertThat(get(first.journal.finish(job, new Ending(HEAD, null), received))
                        .state())
                .isEqualTo(JobState.SUCCEEDED);
        second.assertHistory(job.id(), "accepted", "started", "output", "output", "succeeded");
        assertThat(second.result(job.id())).isEqualTo(body(second.history(job.id())));
        return first.number("select count(*) from output where job = '" + Rows.uuid(job.id()) + "'") > 0;
    }

    private static Output piece(int n) {
        return Output.text(String.format(Locale.ROOT, "%09d\n", n), 1, n * 10L);
    }

    private static byte[] body(List<JobEvent> events) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        events.forEach(event -> {
            if (event instanceof JobEvent.Emitted emitted) {
                body.writeBytes(emitted.output().bytes());
            }
        });
        return body.toByteArray();
    }

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
                return Map.of(id, 2L);
            }
        };
    }
}
