package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.Bodies;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.OpenLoop;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Mono;

/** Posts 256 bytes to a route at a rate, whether or not the requests before were answered: what others feel of a load beside. */
final class SmallRequests implements AutoCloseable {

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(30);
    private static final int MOST_UNDER_WAY = 4_000;

    private final Client client = new Client("small", MOST_UNDER_WAY);
    private final URI url;
    private final double rate;
    private final Consumer<Seen> each;
    private final LongAdder accepted = new LongAdder();
    private final LongAdder wrong = new LongAdder();

    /**
     * One request, by {@link System#nanoTime}.
     *
     * @param due when it was due
     * @param ended when its answer was there
     * @param job the path of the job; empty if it was not accepted
     */
    record Seen(long due, long ended, String job) {}

    SmallRequests(URI url, double rate) {
        this(url, rate, seen -> {});
    }

    /**
     * The same.
     *
     * @param each is told of every request, by several threads
     */
    SmallRequests(URI url, double rate, Consumer<Seen> each) {
        this.url = url;
        this.rate = rate;
        this.each = each;
    }

    /**
     * Sends those that are due in a time and waits for their answers; records them in the phase, from when each was due.
     *
     * @return the same from when each was sent: what a client sees that does not arrive on its own
     */
    Histogram run(Duration time, Phase phase) throws InterruptedException, TimeoutException {
        long count = Math.max(1, (long) (time.toNanos() / 1e9 * rate));
        return run(number -> number < count, phase);
    }

    /** The same as long as it is asked to. */
    Histogram run(LongPredicate more, Phase phase) throws InterruptedException, TimeoutException {
        Latencies sent = new Latencies();
        byte[] body = Bodies.json(Bodies.USUAL);
        new OpenLoop(rate, MOST_UNDER_WAY).run(more, (number, due) -> {
            long begun = System.nanoTime();
            return client.submit(url, body)
                    .timeout(LONGEST_ANSWER)
                    .doOnNext(job -> accepted.increment())
                    .map(Client.Accepted::job)
                    .onErrorResume(error -> {
                        phase.failed().increment();
                        wrong.increment();
                        return Mono.just("");
                    })
                    .doOnNext(job -> {
                        long now = System.nanoTime();
                        phase.latency().recordNanos(now - due);
                        sent.recordNanos(now - begun);
                        each.accept(new Seen(due, now, job));
                    });
        });
        return sent.total();
    }

    /** Answers of 202 so far. */
    long accepted() {
        return accepted.sum();
    }

    /** Enters them into the accounts: a 202 was promised to each. */
    void settle(Bench bench, String what) {
        bench.accounts().count(what, accepted.sum() + wrong.sum());
        bench.accounts().zero(what + " without a 202", wrong.sum());
    }

    @Override
    public void close() {
        client.close();
    }
}
