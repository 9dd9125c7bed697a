package dev.sluice.flow;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Clients of several nodes that go on until they are told to stop, or their node is gone. */
final class Crowd {

    private static final List<String> PATHS = List.of("/steady", "/flaky", "/once", "/after-800");
    private static final int CLIENTS = 3;

    /** Keeps the number of jobs at what can be accounted for one by one. */
    private static final Duration PACE = Duration.ofMillis(200);

    private final Ledger ledger;
    private final AtomicInteger posts = new AtomicInteger();
    private final Queue<CompletableFuture<Void>> running = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;

    Crowd(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Some more clients, of this node. */
    void join(Client node) {
        for (int n = 0; n < CLIENTS; n++) {
            running.add(Mono.defer(() -> ledger.send(node, next()))
                    .delayElement(PACE)
                    .repeat(() -> !stopped)
                    .takeUntil(answered -> !answered)
                    .then()
                    .toFuture());
        }
    }

    private Ledger.Post next() {
        int n = posts.incrementAndGet();
        return new Ledger.Post(PATHS.get(n % PATHS.size()), n % 8 < 4 ? null : "crowd-" + n, "{\"n\":" + n + "}");
    }

    /** Waits until each has had its last answer. */
    void stop() {
        stopped = true;
        Flux.fromIterable(running).flatMap(Mono::fromFuture).then().block(Client.LIMIT);
    }

    /** Under a key a client may repeat what it got no answer to, at any node. */
    void repeatUnanswered(Client node) {
        Flux.fromIterable(List.copyOf(ledger.unanswered))
                .filter(post -> post.key() != null)
                .flatMap(post -> ledger.send(node, post), 16)
                .then()
                .block(Client.LIMIT);
    }
}
