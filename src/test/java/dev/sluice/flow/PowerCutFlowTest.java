package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import dev.sluice.journal.Journal;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.LeaseTime;
import dev.sluice.journal.embedded.PowerCut;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Promise 4: what a reader of events was told stays true after a power cut, and no number is used for two events. */
@Timeout(60)
class PowerCutFlowTest {

    private static final int CUTS = 3;

    /** Of a call; all of them together are fewer than the events that are kept. */
    private static final int MOST_LINES = 200;

    private final AtomicInteger calls = new AtomicInteger();
    private final BlockingQueue<URI> reports = new LinkedBlockingQueue<>();

    /** What it says differs from call to call, so that no two events are equal by chance. */
    private Mono<Void> work(HttpServerRequest request, HttpServerResponse response) {
        int call = calls.incrementAndGet();
        reports.add(URI.create(Objects.requireNonNull(request.requestHeaders().get("Sluice-Progress"))));
        Flux<Long> lines = Flux.interval(Duration.ofMillis(2)).onBackpressureDrop();
        return response.header("Content-Type", "application/x-ndjson")
                .send(
                        ByteBufFlux.fromString((call > CUTS
                                        ? lines.take(5)
                                        : lines.take(MOST_LINES).concatWith(Flux.never()))
                                .map(line -> "{\"call\":" + call + ",\"line\":" + line + "}\n")),
                        line -> true)
                .then();
    }

    @Test
    void whatAReaderWasToldHolds() throws Exception {
        DisposableServer backend =
                HttpServer.create().host("127.0.0.1").port(0).handle(this::work).bindNow();
        List<Client.Event> followed = new ArrayList<>();
        PowerCut power = new PowerCut();
        String job = null;
        try {
            for (int cut = 0; cut < CUTS; cut++) {
                try (Listeners gateway = open(power, backend.port())) {
                    Client client = client(gateway);
                    job = job == null ? accept(client) : job;
                    StreamReader reader = new StreamReader(client, job, followed.size());
                    assertThat(report(client, cut)).isEqualTo(204);
                    reader.await("progress");
                    reader.await(followed.size() + 8);
                    followed.addAll(reader.cut());
                    power = power.cut(); // in the middle of whatever it does
                }
            }
            try (Listeners gateway = open(power, backend.port())) {
                Client client = client(gateway);
                followed.addAll(new StreamReader(client, job, followed.size()).atEnd());
                assertThat(followed).isEqualTo(client.events(job).block(Client.LIMIT));
                assertThat(followed)
                        .extracting(Client.Event::id)
                        .containsExactlyElementsOf(IntStream.rangeClosed(1, followed.size())
                                .mapToObj(Integer::toString)
                                .toList());
                assertThat(followed)
                        .extracting(Client.Event::name)
                        .filteredOn(name -> !name.equals("output"))
                        .containsExactly(
                                "accepted",
                                "started",
                                "progress",
                                "requeued",
                                "started",
                                "progress",
                                "requeued",
                                "started",
                                "progress",
                                "requeued",
                                "started",
                                "succeeded");
                assertThat(client.get("/jobs/" + job + "/result")
                                .block(Client.LIMIT)
                                .body())
                        .isEqualTo(IntStream.range(0, 5)
                                .mapToObj(line -> "{\"call\":4,\"line\":" + line + "}\n")
                                .reduce("", String::concat));
                assertThat(client.get("/jobs/" + job + "/events", "Last-Event-ID", Integer.toString(followed.size()))
                                .block(Client.LIMIT)
                                .status())
                        .isEqualTo(204);
            }
        } finally {
            backend.disposeNow();
        }
    }

    private int report(Client client, int percent) throws InterruptedException {
        URI url = Objects.requireNonNull(reports.poll(30, TimeUnit.SECONDS), "the backend was not called");
        return client.call("POST", url.getPath() + "?" + url.getQuery(), "{\"percent\":" + percent + "}")
                .block(Client.LIMIT)
                .status();
    }

    private static String accept(Client client) {
        Client.Answer accepted = client.call("POST", "/work", "{}").block(Client.LIMIT);
        assertThat(accepted.status()).isEqualTo(202);
        return accepted.json().path("id").asString();
    }

    private static Client client(Listeners gateway) {
        return new Client("http://127.0.0.1:" + gateway.port());
    }

    private static Listeners open(PowerCut power, int backend) {
        return Listeners.dispatching(
                on(power),
                "sluice.dispatch.shutdown-grace=0s",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://127.0.0.1:" + backend,
                "sluice.routes.work.backoff=1ms");
    }

    /** The journal on those stores in the place of the one that the gateway would open. */
    private static UnaryOperator<Object> on(PowerCut power) {
        return new UnaryOperator<>() {
            private JournalClock clock;
            private LeaseTime leases;

            @Override
            public Object apply(Object part) {
                if (part instanceof JournalClock one) {
                    clock = one;
                } else if (part instanceof LeaseTime one) {
                    leases = one;
                }
                return part instanceof Journal ? power.open(clock, leases) : part;
            }
        };
    }
}
