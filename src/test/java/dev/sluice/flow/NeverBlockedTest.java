package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Promise 7: a dead backend slows no acceptance, no other route and no event stream; promise 9: overload is refused early. */
class NeverBlockedTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int STUCK = 1000;
    private static final int FINE = 300;

    @TempDir
    private Path directory;

    @Test
    void aDeadBackendSlowsNeitherAcceptingNorAnotherRoute() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
                RecordingBackend backend = new RecordingBackend();
                Listeners gateway = gateway(
                        "sluice.dispatch.shutdown-grace=0s", // four calls have no end
                        "sluice.routes.dead.path=/dead/**",
                        "sluice.routes.dead.backend=http://127.0.0.1:" + silent.getLocalPort(),
                        "sluice.routes.dead.concurrency=4",
                        "sluice.routes.fine.path=/steady",
                        "sluice.routes.fine.backend=" + backend.url(),
                        "sluice.routes.fine.concurrency=4")) {
            Client client = new Client("http://127.0.0.1:" + gateway.port());

            List<Client.Answer> stuck = post(client, "/dead/", STUCK);
            assertThat(stuck).allSatisfy(answer -> assertThat(answer.status()).isEqualTo(202));

            List<Client.Answer> fine = post(client, "/steady", FINE);
            assertThat(fine).allSatisfy(answer -> assertThat(answer.status()).isEqualTo(202));
            for (Client.Answer answer : fine) {
                String id = answer.json().get("id").stringValue();
                List<Client.Event> events = client.events(id).block(LIMIT);
                assertThat(events).extracting(Client.Event::name).containsExactly("accepted", "started", "succeeded");
            }

            // Nothing of the dead route has ended meanwhile, and its limit was kept.
            long running =
                    states(client, stuck).filter("running"::equals).count().block(LIMIT);
            assertThat(running).isEqualTo(4);
            assertThat(states(client, stuck).filter("queued"::equals).count().block(LIMIT))
                    .isEqualTo(STUCK - 4);
        }
    }

    @Test
    void aFullQueueRefusesBeforeAnythingIsWrittenAndTakesAgainWhenThereIsRoom() throws Exception {
        try (RecordingBackend backend = new RecordingBackend();
                Listeners gateway = gateway(
                        "sluice.routes.small.path=/held",
                        "sluice.routes.small.backend=" + backend.url(),
                        "sluice.routes.small.concurrency=1",
                        "sluice.routes.small.queue=3")) {
            Client client = new Client("http://127.0.0.1:" + gateway.port());
            Client.Answer first = client.post("/held", null, "0").block(LIMIT);
            backend.awaitCalls("/held", 1);
            List<Client.Answer> answers = post(client, "/held", 10);
            assertThat(answers).filteredOn(answer -> answer.status() == 202).hasSize(3);
            assertThat(answers)
                    .filteredOn(answer -> answer.status() == 503)
                    .hasSize(7)
                    .allSatisfy(refused -> {
                        assertThat(refused.json().get("type").stringValue()).isEqualTo("urn:sluice:problem:queue-full");
                        assertThat(refused.json().get("retryable").booleanValue())
                                .isTrue();
                        assertThat(Integer.parseInt(refused.headers().get("Retry-After")))
                                .isPositive();
                    });
            backend.release("/held");
            Mono.defer(() -> client.post("/held", null, "again"))
                    .filter(answer -> answer.status() == 202)
                    .switchIfEmpty(Mono.error(() -> new AssertionError("still full")))
                    .retryWhen(Retry.fixedDelay(200, Duration.ofMillis(50)))
                    .block(LIMIT);
            assertThat(first.status()).isEqualTo(202);
        }
    }

    private Listeners gateway(String... settings) {
        Stream<String> journal =
                Stream.of("sluice.journal.type=rocksdb", "sluice.journal.path=" + directory.resolve("data"));
        return Listeners.dispatching(Stream.concat(journal, Stream.of(settings)).toArray(String[]::new));
    }

    private static List<Client.Answer> post(Client client, String path, int count) {
        return Flux.range(0, count)
                .flatMap(i -> client.post(path, null, "{\"n\":" + i + "}"), 16)
                .collectList()
                .block(LIMIT);
    }

    private static Flux<String> states(Client client, List<Client.Answer> accepted) {
        return Flux.fromIterable(accepted)
                .flatMap(answer -> client.get(answer.headers().get("Location")), 16)
                .map(job -> job.json().get("state").stringValue());
    }
}
