package dev.sluice.backend;

import static dev.sluice.backend.ReceiverCalls.LIMIT;
import static dev.sluice.backend.ReceiverCalls.backend;
import static dev.sluice.backend.ReceiverCalls.request;
import static dev.sluice.backend.ReceiverCalls.status;
import static dev.sluice.backend.ReceiverCalls.to;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Connections;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

/** Calls of one policy to many servers, as deliveries of callbacks are. */
@Timeout(60)
class ManyHostsTest {

    private static final int HOSTS = 1_000;

    @Test
    void aThousandHostsLeaveNothing() {
        Set<Object> open = ConcurrentHashMap.newKeySet();
        Set<String> asked = ConcurrentHashMap.newKeySet();
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .doOnConnection(connection -> {
                    Channel channel = connection.channel(); // that of a request that has ended is another one
                    open.add(channel);
                    channel.closeFuture().addListener(closed -> open.remove(channel));
                })
                .handle((request, response) -> {
                    asked.add(request.requestHeaders().get("Host"));
                    return response.status(204).send();
                })
                .bindNow();
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        HttpBackend backend = backend(registry);
        try {
            List<Integer> statuses = Flux.range(0, HOSTS)
                    .flatMap(i -> status(backend, to("http://host" + i + ".example:" + server.port())), 64)
                    .collectList()
                    .block(Duration.ofSeconds(50));
            assertThat(statuses).hasSize(HOSTS).containsOnly(204);
            assertThat(asked).hasSize(HOSTS);
            assertThat(backend.services()).as("all receivers count as one").isEqualTo(1);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(
                            () -> assertThat(open).as("none is kept for long").isEmpty());
            assertThat(registry.getMeters().size()).as("those of one policy").isLessThan(20);
        } finally {
            backend.stop();
            server.disposeNow();
        }
    }

    @Test
    void ofManyConnectionsAtOnceSoManyAreKept() throws Exception {
        int many = BackendConnections.MOST_KEPT + 40;
        Set<Channel> open = ConcurrentHashMap.newKeySet();
        Set<Channel> made = ConcurrentHashMap.newKeySet();
        Sinks.Empty<Void> all = Sinks.empty();
        AtomicInteger asked = new AtomicInteger();
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .doOnConnection(connection -> {
                    Channel channel = socket(connection.channel());
                    made.add(channel);
                    open.add(channel);
                    channel.closeFuture().addListener(closed -> open.remove(channel));
                })
                .handle((request, response) -> {
                    if (asked.incrementAndGet() == many) {
                        all.tryEmitEmpty();
                    }
                    return all.asMono().then(response.status(204).send());
                })
                .bindNow();
        HttpBackend backend = backend(new SimpleMeterRegistry());
        try {
            String domain = ".example:" + server.port();
            StepVerifier.create(Flux.range(0, many)
                            .flatMap(i -> status(backend, keeping(to("http://host" + i % 100 + domain))), many)
                            .count())
                    .expectNext((long) many)
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(made).hasSize(many);
            staysOpen(open, BackendConnections.MOST_KEPT);

            Set<Channel> kept = Set.copyOf(open);
            kept.forEach(Channel::close);
            await().atMost(LIMIT).until(open::isEmpty);
            CallPolicy another = keeping(to("http://another" + domain));
            await("there is room again").atMost(LIMIT).until(() -> {
                int before = made.size();
                StepVerifier.create(status(backend, another))
                        .expectNext(204)
                        .expectComplete()
                        .verify(LIMIT);
                return made.size() == before;
            });
        } finally {
            backend.stop();
            server.disposeNow();
        }
    }

    private static void staysOpen(Set<Channel> open, int many) {
        await().atMost(LIMIT)
                .during(Duration.ofMillis(300))
                .untilAsserted(() -> assertThat(open).hasSize(many));
    }

    @Test
    void aSecureConnectionIsKeptForTheReceiverWhoseCertificateWasChecked() throws Exception {
        Map<Object, Set<String>> hosts = new ConcurrentHashMap<>();
        try (ScriptedServer server = new ScriptedServer(
                conversation -> {
                    Set<String> of = hosts.computeIfAbsent(conversation, one -> ConcurrentHashMap.newKeySet());
                    for (String head = conversation.request(); head != null; head = conversation.request()) {
                        of.add(conversation.serverName() + " for " + host(head));
                        conversation.say("HTTP/1.1 204 No Content\r\n\r\n");
                    }
                },
                TestKeys.context(),
                false)) {
            HttpBackend backend = backend(new SimpleMeterRegistry());
            try {
                int receivers = 20;
                StepVerifier.create(Flux.range(0, receivers)
                                .flatMap(i -> status(backend, secure("r" + i + ".receivers.example", server))
                                        .repeat(9))
                                .filter(status -> status == 204)
                                .count())
                        .expectNext(10L * receivers)
                        .expectComplete()
                        .verify(LIMIT);
                assertThat(hosts.values())
                        .as("each leads to one receiver, whose name it was made for")
                        .allSatisfy(names -> assertThat(names).hasSize(1).allMatch(ManyHostsTest::isOfOneName));
                assertThat(server.connections.get())
                        .as("messages to one receiver share connections")
                        .isBetween(receivers, 5 * receivers);

                int before = server.heads.size();
                StepVerifier.create(
                                backend.call(request(), secure("others.example", server), response -> Mono.just(204)))
                        .assertNext(outcome -> assertThat(outcome)
                                .isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
                                    assertThat(failed.failure().problem()).isEqualTo(Problem.BACKEND_UNREACHABLE);
                                    assertThat(failed.sent()).isFalse();
                                }))
                        .expectComplete()
                        .verify(LIMIT);
                assertThat(server.heads)
                        .as("no name that the certificate does not have is told anything")
                        .hasSize(before);
            } finally {
                backend.stop();
            }
        }
    }

    private static String host(String head) {
        return head.lines()
                .filter(line -> line.regionMatches(true, 0, "host: ", 0, 6))
                .map(line -> line.substring(6).replaceFirst(":\\d+$", ""))
                .findFirst()
                .orElse("nobody");
    }

    private static boolean isOfOneName(String names) {
        String[] both = names.split(" for ");
        return both[0].equals(both[1]);
    }

    private static Channel socket(Channel channel) {
        return channel instanceof SocketChannel ? channel : channel.parent();
    }

    private static CallPolicy secure(String host, ScriptedServer server) {
        CallPolicy policy = to("https://" + host + ":" + server.port());
        Connections usual = policy.connections();
        return policy.withConnections(new Connections(
                usual.maxPending(), usual.idle(), usual.life(), usual.maxHeader(), "trusting", usual.publicOnly()));
    }

    /** Whose connections are kept for longer than a test takes. */
    private static CallPolicy keeping(CallPolicy policy) {
        Connections usual = policy.connections();
        return policy.withConnections(new Connections(
                usual.maxPending(),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                usual.maxHeader(),
                usual.tls(),
                usual.publicOnly()));
    }
}
