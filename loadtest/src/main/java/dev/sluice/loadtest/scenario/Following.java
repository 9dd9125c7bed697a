package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.EventAudit;
import dev.sluice.loadtest.load.Bodies;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.Event;
import dev.sluice.loadtest.load.OpenLoop;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;

/**
 * Sends jobs at a rate to a backend that takes a known time, and follows the events of each over a connection of its own; with
 * several nodes a job is sent to one and followed at the next.
 */
final class Following {

    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final int MOST_UNDER_WAY = 2_000;
    private static final int MOST_WARMING_UP = 64;
    private static final Pattern AT = Pattern.compile("\"at\":\"([^\"]+)\"");

    private final Client client;
    private final List<URI> nodes;
    private final String target;
    private final Duration work;
    private final EventAudit audit;

    /** Until the 202, as its client saw it, from when the request was due. */
    final Latencies accepted = new Latencies();

    /** Between the times of the events {@code accepted} and {@code started}, whole milliseconds. */
    final Latencies started = new Latencies();

    /** Jobs that did not succeed, or whose end was not told within five minutes. */
    final LongAdder wrong = new LongAdder();

    final LongAdder succeeded = new LongAdder();

    Following(Client client, List<URI> nodes, String target, Duration work, EventAudit audit) {
        this.client = client;
        this.nodes = nodes;
        this.target = target;
        this.work = work;
        this.audit = audit;
    }

    /** A client for it, with a connection for each job that is under way. */
    static Client client() {
        return new Client("following", MOST_UNDER_WAY);
    }

    /** The target of the demo backend that takes so long. */
    static String target(Duration work) {
        return "/e2e?delay=" + work.toMillis() + "ms";
    }

    /** Sends so many. What is recorded is when the end was told, counted from when the request was due, less the work. */
    void run(double rate, long jobs, Phase phase) throws InterruptedException, TimeoutException {
        new OpenLoop(rate, MOST_UNDER_WAY).run(jobs, (number, due) -> job(number, due, phase));
    }

    /** Sends for some time, so few at once that it stays behind on a slow machine instead of overloading it. */
    void warmUp(double rate, Duration time, Phase phase) throws InterruptedException, TimeoutException {
        new OpenLoop(rate, MOST_WARMING_UP).runAtMost(time, (number, due) -> job(number, due, phase));
    }

    private Mono<?> job(long number, long due, Phase phase) {
        URI first = nodes.get((int) (number % nodes.size()));
        URI second = nodes.get((int) ((number + 1) % nodes.size()));
        return client.submit(first.resolve(target), Bodies.json(Bodies.USUAL))
                .flatMap(job -> {
                    accepted.recordNanos(System.nanoTime() - due);
                    return new Job(due, phase).follow(second.resolve(job.job() + "/events"));
                })
                .timeout(LONGEST)
                .onErrorResume(error -> {
                    phase.failed().increment();
                    wrong.increment();
                    return Mono.empty();
                });
    }

    private final class Job {

        private final long due;
        private final Phase phase;
        private final EventAudit.Reader reader = audit.reader();
        private long acceptedAt;

        private Job(long due, Phase phase) {
            this.due = due;
            this.phase = phase;
        }

        private Mono<Void> follow(URI events) {
            return client.events(events)
                    .doOnNext(this::saw)
                    .doOnTerminate(reader::over) // one that was given up is counted as wrong
                    .then();
        }

        private void saw(Event event) {
            reader.saw(event);
            if (event.type().equals("accepted")) {
                acceptedAt = millis(event);
            } else if (event.type().equals("started") && acceptedAt > 0) {
                started.recordNanos(Math.max(0, millis(event) - acceptedAt) * 1_000_000);
            } else if (event.isFinal()) {
                phase.latency().recordNanos(event.at() - due - work.toNanos());
                (event.type().equals("succeeded") ? succeeded : wrong).increment();
            }
        }

        private static long millis(Event event) {
            Matcher at = AT.matcher(event.data());
            return at.find() ? Instant.parse(at.group(1)).toEpochMilli() : 0;
        }
    }
}
