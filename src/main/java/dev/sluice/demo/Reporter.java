package dev.sluice.demo;

import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.LoopResources;

/** Reports progress of a request to the gateway, and sends later responses. Failures are ignored: the response does not depend on them. */
final class Reporter {

    private static final int STEPS = 10;
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final HttpClient client;

    Reporter(LoopResources loops) {
        this.client = HttpClient.newConnection().runOn(loops, false).responseTimeout(PATIENCE);
    }

    /** Reports progress during that time and completes at its end. */
    Mono<Void> during(Duration time, String url) {
        Duration step = time.dividedBy(STEPS);
        return Flux.interval(step.compareTo(SHORTEST) < 0 ? SHORTEST : step)
                .onBackpressureDrop()
                .concatMap(tick -> report(url, tick + 1))
                .takeUntilOther(Mono.delay(time))
                .then();
    }

    /** Sends the response that was announced for later. */
    Mono<Void> complete(String url, String json) {
        return client.headers(headers -> headers.set("Content-Type", "application/json"))
                .post()
                .uri(url)
                .send(ByteBufFlux.fromString(Mono.just(json)))
                .response()
                .onErrorComplete()
                .then();
    }

    private Mono<Void> report(String url, long step) {
        String json = "{\"percent\":" + 100 * step / STEPS + ",\"message\":\"step " + step + " of " + STEPS + "\"}";
        return client.post()
                .uri(url)
                .send(ByteBufFlux.fromString(Mono.just(json)))
                .response()
                .onErrorComplete()
                .then();
    }
}
