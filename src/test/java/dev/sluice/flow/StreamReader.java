package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;

/** Reads the events of a job or of a group while they come. */
final class StreamReader {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final StringBuilder read = new StringBuilder();
    private final CompletableFuture<Void> end;
    private boolean cut;

    /**
     * Begins to read.
     *
     * @param after the number of the last event that is known, 0 for none
     */
    StreamReader(Client client, String job, int after) {
        this(client, Integer.toString(after), "/jobs/" + job + "/events");
    }

    /** Begins to read the events of a group, after the one with that id, or from the first if it is empty. */
    static StreamReader ofGroup(Client client, String group, String after) {
        return new StreamReader(client, after, "/groups/" + group + "/events?from=start");
    }

    private StreamReader(Client client, String after, String path) {
        end = client.http()
                .headers(headers -> headers.set("Last-Event-ID", after))
                .get()
                .uri(path)
                .response((head, content) -> head.status().code() == 200
                        ? content.asString().doOnNext(this::add)
                        : Mono.error(new AssertionError(path + ": " + head.status())))
                .then()
                .doFinally(signal -> wake())
                .toFuture();
    }

    private synchronized void add(String piece) {
        if (cut) {
            return;
        }
        read.append(piece);
        notifyAll();
    }

    private synchronized void wake() {
        notifyAll();
    }

    /** Waits until the event of that number was told. */
    void await(int number) throws InterruptedException {
        await("event " + number, event -> event.id().equals(Integer.toString(number)));
    }

    /** Waits until an event of that name was told. */
    void await(String name) throws InterruptedException {
        await(name, event -> event.name().equals(name));
    }

    private synchronized void await(String what, Predicate<Client.Event> awaited) throws InterruptedException {
        long limit = System.nanoTime() + LIMIT.toNanos();
        while (told().stream().noneMatch(awaited)) {
            long left = (limit - System.nanoTime()) / 1_000_000;
            assertThat(left > 0 && !end.isDone())
                    .as("%s is told; the stream said so far: %s", what, read)
                    .isTrue();
            wait(left);
        }
    }

    /** Waits for the end of the stream, also one that is cut. */
    List<Client.Event> atEnd() {
        assertThat(end.handle((none, error) -> error == null || Client.connectionLost(error)))
                .as("the stream ends")
                .succeedsWithin(LIMIT)
                .isEqualTo(true);
        return told();
    }

    /** Ends the connection: what was told up to then, to which nothing comes any more. */
    List<Client.Event> cut() {
        List<Client.Event> told;
        synchronized (this) {
            told = told();
            cut = true;
        }
        end.cancel(true);
        return told;
    }

    /** The events that came in whole. */
    synchronized List<Client.Event> told() {
        return Client.parse(read.substring(0, read.lastIndexOf("\n\n") + 1));
    }
}
