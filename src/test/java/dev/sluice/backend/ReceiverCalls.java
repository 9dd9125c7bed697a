package dev.sluice.backend;

import dev.sluice.callbacks.DeliveryRoutes;
import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import io.micrometer.core.instrument.MeterRegistry;
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
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/** Messages to receivers of callbacks, for tests of the connections that carry them. */
final class ReceiverCalls {

    static final Duration LIMIT = Duration.ofSeconds(20);

    private static final LoopResources LOOPS = LoopResources.create("test", 2, true);

    private ReceiverCalls() {}

    /** A started one that finds every host on this machine. */
    static HttpBackend backend(MeterRegistry registry) {
        HttpBackend backend = new HttpBackend(LOOPS, TestKeys.bundles(), new Everywhere(), registry, key -> true);
        backend.start();
        return backend;
    }

    /** The status of the answer to a message. */
    static Mono<Integer> status(HttpBackend backend, CallPolicy policy) {
        return Mono.defer(() -> backend.call(
                        request(),
                        policy,
                        response ->
                                response.body().then(Mono.just(response.head().status()))))
                .map(outcome -> ((Outcome.Answered<Integer>) outcome).received());
    }

    static BackendRequest request() {
        JobRequest head = new JobRequest("POST", "/", Headers.NONE, JobRequest.Origin.GATEWAY);
        return new BackendRequest(new JobId(1, 2), 1, head, 2, Flux.just(new byte[2]), null);
    }

    /** That of deliveries to the server of a URL. */
    static CallPolicy to(String url) {
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
