package dev.sluice.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

class LoopsTest {

    private final AtomicInteger requests = new AtomicInteger();
    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .handle((request, response) -> {
                int number = requests.incrementAndGet();
                if (request.uri().equals("/close") && number % 3 == 0) {
                    request.withConnection(connection -> connection.channel().close());
                    return Mono.never();
                }
                boolean full = request.uri().equals("/full") && number == 1;
                return request.receive()
                        .then(Mono.defer(() -> response.status(full ? 503 : 202)
                                .header("Retry-After", "0")
                                .header("Location", "/jobs/" + number)
                                .sendString(Mono.just("{}"))
                                .then()));
            })
            .bindNow();
    private final URI base = URI.create("http://127.0.0.1:" + server.port());

    @AfterEach
    void stop() {
        server.disposeNow();
    }

    private static Phase phase() {
        return new Phase("test", 0, Duration.ZERO, 0, () -> {});
    }

    @Test
    void aClosedLoopAsksForEachItemOnceAndMeasuresAll() throws Exception {
        Phase phase = phase();
        List<String> jobs = new ArrayList<>();
        Submitting posts = new Submitting(base, "/e2e", phase, jobs::add);

        new ClosedLoop(List.of(base), 8).run(posts, 500, Duration.ofSeconds(60));

        assertThat(requests).hasValue(500);
        assertThat(jobs).hasSize(500).doesNotHaveDuplicates();
        assertThat(phase.latency().total().getTotalCount()).isEqualTo(500);
    }

    @Test
    void sendsARefusedRequestAgain() throws Exception {
        Submitting posts = new Submitting(base, "/full", phase(), job -> {});

        new ClosedLoop(List.of(base), 2).run(posts, 10, Duration.ofSeconds(60));

        assertThat(posts.accepted()).isEqualTo(10);
        assertThat(posts.refused()).isEqualTo(1);
    }

    @Test
    void failsWhenAConnectionBreaksUnlessTheExchangeTakesThat() throws Exception {
        Submitting posts = new Submitting(base, "/close", phase(), job -> {});
        assertThatThrownBy(() -> new ClosedLoop(List.of(base), 1).run(posts, 10, Duration.ofSeconds(60)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("broke");

        AtomicInteger broken = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        new ClosedLoop(List.of(base), 1)
                .run(
                        new Exchange() {
                            @Override
                            public byte[] request(long item) {
                                return Bodies.get(base, "/close");
                            }

                            @Override
                            public int answered(long item, Answer answer, long nanos) {
                                done.incrementAndGet();
                                return DONE;
                            }

                            @Override
                            public int broken(long item, IOException cause) {
                                broken.incrementAndGet();
                                return 0;
                            }
                        },
                        10,
                        Duration.ofSeconds(60));
        assertThat(done).hasValue(10);
        assertThat(broken).hasPositiveValue();
    }

    @Test
    void stopsAfterItsTime() throws Exception {
        long done = new ClosedLoop(List.of(base), 4)
                .runFor(new Submitting(base, "/e2e", phase(), job -> {}), Duration.ofMillis(200));

        assertThat(done).isPositive().isEqualTo(requests.get());
    }

    /** Something stands still for a second. A closed loop would see one slow request; fifty were due meanwhile. */
    @Test
    void anOpenLoopCountsWhatWasDueWhileNothingMoved() throws Exception {
        Latencies corrected = new Latencies();
        Latencies uncorrected = new Latencies();
        new OpenLoop(50, 1)
                .run(
                        60,
                        (number, due) -> Mono.defer(() -> {
                            long begun = System.nanoTime();
                            return Mono.delay(number == 0 ? Duration.ofSeconds(1) : Duration.ZERO)
                                    .doOnTerminate(() -> {
                                        corrected.recordNanos(System.nanoTime() - due);
                                        uncorrected.recordNanos(System.nanoTime() - begun);
                                    });
                        }));

        assertThat(corrected.total().getTotalCount()).isEqualTo(60);
        assertThat(Latencies.millis(corrected.total(), 50)).isGreaterThan(200);
        assertThat(Latencies.millis(uncorrected.total(), 50)).isLessThan(Latencies.millis(corrected.total(), 50));
    }

    @Test
    void anErrorOfAStepEndsAnOpenLoop() {
        assertThatThrownBy(() -> new OpenLoop(1000, 10)
                        .run(1_000_000, (number, due) -> Mono.error(new IllegalStateException("no answer"))))
                .hasMessage("no answer");
    }

    @Test
    void aRehearsalIsFollowedAsAGatewayIs() {
        try (Rehearsal rehearsal = new Rehearsal(Duration.ofMillis(5));
                Client client = new Client("test", 10)) {
            List<Event> events = client.submit(rehearsal.base().resolve("/e2e"), Bodies.json(256))
                    .flatMapMany(accepted -> client.events(rehearsal.base().resolve(accepted.job() + "/events")))
                    .collectList()
                    .block(Duration.ofSeconds(30));

            assertThat(events).extracting(Event::type).containsExactly("accepted", "started", "succeeded");
        }
    }

    @Test
    void readsWhatWrkSays() {
        Wrk.Result result = Wrk.parse(List.of(
                "Running 10s test",
                "PERCENTILE 50 1.250",
                "PERCENTILE 99 20.5",
                "RESULT 1000 2 3 10.5 1.25 20.50 30.00"));

        assertThat(result.accepted()).isEqualTo(1000);
        assertThat(result.errors()).isEqualTo(3);
        assertThat(result.at(99)).isEqualTo(20.5);
        assertThat(result.rate()).isEqualTo(1000 / 10.5);
    }
}
