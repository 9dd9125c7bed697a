package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.http.client.ReactorResourceFactory;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/** An orderly stop closes what is open before what it stands on goes. */
class BackendLifecycleTest extends BackendFixture {

    /** Less than after what time an idle connection is closed in any case. */
    private static final Duration SOON = Duration.ofSeconds(3);

    private final CountDownLatch closed = new CountDownLatch(1);
    private final CurrentRoutes routes = Routes.current();
    private final Loops loops = new Loops();
    private final AnnotationConfigApplicationContext gateway = new AnnotationConfigApplicationContext();

    @Override
    Backend create() {
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        resources.setLoopResourcesSupplier(() -> loops);
        gateway.registerBean(ReactorResourceFactory.class, () -> resources);
        gateway.registerBean(MeterRegistry.class, SimpleMeterRegistry::new);
        gateway.registerBean(CurrentRoutes.class, () -> routes);
        gateway.register(BackendConfiguration.class);
        gateway.refresh();
        return gateway.getBean(Backend.class);
    }

    @Test
    void idleConnectionsAreClosedBeforeTheirEventLoopsEnd() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(OK);
            conversation.awaitClose();
            closed.countDown();
        });
        Route route = Routes.route("lifecycle", "/x", server.uri());
        routes.replace(Routes.table(route));
        answered(route.call(), request("GET", "/x", ""));
        assertThat(closed.getCount()).isOne();

        gateway.close();

        assertThat(loops.closedBefore).isTrue();
    }

    /** Ends only when the connection is closed, or was not. */
    private final class Loops implements LoopResources {

        private final LoopResources loops = LoopResources.create("lifecycle", 1, true);
        private volatile boolean closedBefore;

        @Override
        public EventLoopGroup onServer(boolean useNative) {
            return loops.onServer(useNative);
        }

        @Override
        public EventLoopGroup onClient(boolean useNative) {
            return loops.onClient(useNative);
        }

        @Override
        public Mono<Void> disposeLater(Duration quietPeriod, Duration timeout) {
            return Mono.defer(() -> {
                try {
                    closedBefore = closed.await(SOON.toMillis(), TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    return Mono.error(e);
                }
                return loops.disposeLater(quietPeriod, timeout);
            });
        }
    }
}
