package dev.sluice.flow;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What clients were promised: every 202 they saw, and every request whose answer they did not get to see. */
final class Ledger {

    private static final String[] PATHS = {"/steady", "/flaky", "/once", "/steady"};
    private static final int CLIENTS = 32;

    /** A request. */
    record Post(String path, @Nullable String key, String body) {}

    /** A request that was answered with 202. */
    record Accepted(String job, Post post) {}

    /** A request that was answered with something else. */
    record Unexpected(Post post, Client.Answer answer) {}

    final Queue<Accepted> accepted = new ConcurrentLinkedQueue<>();
    final Queue<Post> unanswered = new ConcurrentLinkedQueue<>();
    final Queue<Unexpected> unexpected = new ConcurrentLinkedQueue<>();
    private final Semaphore count = new Semaphore(0);
    private volatile @Nullable String group;

    /** All jobs belong to a group from now on. */
    void into(String id) {
        group = id;
    }

    /** Many clients post at once, each as fast as it is answered, until all is sent or the gateway is gone. */
    Mono<Void> load(Client client, String life, int posts) {
        AtomicBoolean gone = new AtomicBoolean();
        return Flux.range(0, posts)
                .takeWhile(n -> !gone.get())
                .map(n -> new Post(
                        PATHS[n % PATHS.length],
                        n % 8 < 4 ? null : "key-" + life + "-" + n,
                        "{\"life\":\"" + life + "\",\"n\":" + n + "}"))
                .flatMap(post -> send(client, post).doOnNext(seen -> gone.compareAndSet(false, !seen)), CLIENTS)
                .then();
    }

    /** Posts and keeps the books; completes with whether there was an answer. */
    Mono<Boolean> send(Client client, Post post) {
        return client.post(post.path(), post.key(), group, post.body())
                .map(answer -> {
                    if (answer.status() == 202) {
                        accepted.add(new Accepted(answer.json().path("id").asString(), post));
                        count.release();
                    } else {
                        unexpected.add(new Unexpected(post, answer));
                    }
                    return true;
                })
                .onErrorResume(Client::connectionLost, broken -> {
                    unanswered.add(post);
                    return Mono.just(false);
                });
    }

    /** Waits until so many more were accepted than at the last question. */
    void awaitAccepted(int more) throws InterruptedException {
        if (!count.tryAcquire(more, 30, TimeUnit.SECONDS)) {
            throw new AssertionError("only " + count.availablePermits() + " were accepted; unexpected: " + unexpected);
        }
    }
}
