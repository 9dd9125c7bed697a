package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.callbacks.DeliveryRoutes;
import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.Channel;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;
import reactor.test.StepVerifier;

/** Calls of one policy to many servers, as deliveries of callbacks are. */
@Timeout(60)
class ManyHostsTest {

    private static final LoopResources LOOPS = LoopResources.create("test", 2, true);
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
        HttpBackend backend =
                new HttpBackend(LOOPS, new DefaultSslBundleRegistry(), new Everywhere(), registry, key -> true);
        backend.start();
        try {
            List<Integer> statuses = Flux.range(0, HOSTS)
                    .flatMap(
                            i -> backend.call(
                                    request(),
                                    to("http://host" + i + ".example:" + server.port()),
                                    response -> response.body()
                                            .then(Mono.just(response.head().status()))),
                            64)
                    .map(outcome -> ((Outcome.Answered<Integer>) outcome).received())
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
    void aReceiverThatClosesAKeptConnectionIsToldOnANewOneAtOnce() throws Exception {
        AtomicInteger connection = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(conversation -> {
            boolean first = connection.incrementAndGet() == 1;
            while (conversation.request() != null) {
                if (first && connection.getAndIncrement() == 2) {
                    return; // has read the second message, and closes
                }
                conversation.say("HTTP/1.1 204 No Content\r\n\r\n");
            }
        })) {
            HttpBackend backend = new HttpBackend(
                    LOOPS, new DefaultSslBundleRegistry(), new Everywhere(), new SimpleMeterRegistry(), key -> true);
            backend.start();
            try {
                CallPolicy policy = to("http://host.example:" + server.port());
                for (int i = 0; i < 3; i++) {
                    StepVerifier.create(backend.call(
                                            request(),
                                            policy,
                                            response -> response.body()
                                                    .then(Mono.just(
                                                            response.head().status())))
                                    .map(outcome -> ((Outcome.Answered<Integer>) outcome).received()))
                            .expectNext(204)
                            .expectComplete()
                            .verify(Duration.ofSeconds(10));
                }
                assertThat(server.connections)
                        .as("that of the repetition is not kept")
                        .hasValue(3);
                assertThat(server.heads).as("one of the three messages twice").hasSize(4);
            } finally {
                backend.stop();
            }
        }
    }

    private static BackendRequest request() {
        JobRequest head = new JobRequest("POST", "/", Headers.NONE, JobRequest.Origin.GATEWAY);
        return new BackendRequest(new JobId(1, 2), 1, head, 2, Flux.just(new byte[2]), null);
    }

    private static CallPolicy to(String url) {
        return DeliveryRoutes.usual().call().withTarget(CallTarget.serverOf(URI.create(url)));
    }

    /** All names lead to this machine. */
    private static final class Everywhere extends AddressResolverGroup<InetSocketAddress> {
        @Override
        protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
            return new InetNameResolver(executor) {
                @Override
                protected void doResolve(String name, Promise<InetAddress> promise) {
                    promise.setSuccess(InetAddress.getLoopbackAddress());
                }

                @Override
                protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
                    promise.setSuccess(List.of(InetAddress.getLoopbackAddress()));
                }
            }.asAddressResolver();
        }
    }
}
