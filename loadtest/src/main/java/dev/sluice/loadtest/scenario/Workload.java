package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.EventAudit;
import dev.sluice.loadtest.account.OutcomeAudit;
import dev.sluice.loadtest.account.Submitted;
import dev.sluice.loadtest.account.Trail;
import dev.sluice.loadtest.load.Bodies;
import dev.sluice.loadtest.load.CallbackReceiver;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.CountingBackend;
import dev.sluice.loadtest.load.OpenLoop;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.GatewaySetup;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * What clients do who do not mind a gateway that goes away: they send again with the same idempotency key until they have read
 * a 202, and resume their streams. Every fourth job has a reader, every fifth a callback, every third joins a group, and every
 * tenth must not be called twice. What the backend saw and what became of every job is compared in the end.
 */
final class Workload implements AutoCloseable {

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(30);
    private static final Duration LONGEST_END = Duration.ofMinutes(15);
    private static final Duration LONGEST_IDLE = Duration.ofSeconds(60);
    private static final Duration AGAIN = Duration.ofMillis(100);
    private static final Duration LONGEST_AGAIN = Duration.ofSeconds(2);
    private static final int MOST_UNDER_WAY = 20_000;
    private static final int CONNECTIONS = 4_000;
    private static final int GROUP = 2_000;
    private static final int CALLBACK_EVERY = 5;
    private static final int CALLBACK_EVERY_LONG = 50;
    private static final int MOST_EXAMPLES = 5;
    private static final double BREAKING = 0.2;

    private final Bench bench;
    private final List<URI> nodes;
    private final CountingBackend backend;
    private final CallbackReceiver receiver = new CallbackReceiver();
    private final Client client = new Client("workload", CONNECTIONS);
    private final Groups groups;
    private final boolean keys;
    private final int callbackEvery;
    private final EventAudit read = new EventAudit();
    private final Queue<Submitted> jobs = new ConcurrentLinkedQueue<>();
    private final Sinks.Empty<Void> over = Sinks.empty();
    private final LongAdder unanswered = new LongAdder();
    private final LongAdder wrong = new LongAdder();
    private final LongAdder repeated = new LongAdder();
    private final LongAdder resumed = new LongAdder();
    private final LongAdder progress = new LongAdder();
    private final AtomicInteger said = new AtomicInteger();
    private volatile boolean finishing;

    /** One that is sent to these, in turn. */
    Workload(Bench bench, List<URI> nodes, CountingBackend backend) {
        this(bench, nodes, backend, true, CALLBACK_EVERY);
    }

    /**
     * One without idempotency keys and with few callbacks, because the gateway keeps both for a day, whatever it forgets before;
     * for gateways that stay there, since it sends nothing again.
     */
    static Workload forLong(Bench bench, List<URI> nodes, CountingBackend backend) {
        return new Workload(bench, nodes, backend, false, CALLBACK_EVERY_LONG);
    }

    private Workload(Bench bench, List<URI> nodes, CountingBackend backend, boolean keys, int callbackEvery) {
        this.keys = keys;
        this.callbackEvery = callbackEvery;
        this.bench = bench;
        this.nodes = nodes;
        this.backend = backend;
        this.groups = new Groups(client, nodes, GROUP);
    }

    /** What a gateway needs for it. */
    static GatewaySetup prepared(GatewaySetup setup) {
        GatewaySetup all = setup;
        for (String property : CallbackReceiver.properties()) {
            all = all.with(property);
        }
        return all;
    }

    /** Sends jobs at a rate until it is to finish, and waits until each was accepted and each reader has seen the end. */
    void run(double rate, Phase phase) throws InterruptedException, TimeoutException {
        new OpenLoop(rate, MOST_UNDER_WAY, LONGEST_END)
                .run(number -> !finishing, (number, due) -> job(number, due, phase));
    }

    /** Has the load send no more, and waits for its end; what does not get on for a minute is given up. */
    void finish(Background load) throws Exception {
        finishing = true;
        long before = -1;
        long since = System.nanoTime();
        while (load.running()) {
            long now = progress.sum();
            if (now != before) {
                before = now;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > LONGEST_IDLE.toNanos()) {
                over.tryEmitEmpty();
            }
            Thread.sleep(100); // it can only be looked at
        }
        load.join();
    }

    private Mono<Void> job(long number, long due, Phase phase) {
        boolean grouped = number % 3 == 0;
        boolean told = number % callbackEvery == 2;
        boolean once = number % 10 == 9 && !grouped;
        Trail trail = number % 4 == 1 ? new Trail() : null;
        return (grouped ? groups.join(number) : Mono.just(""))
                .flatMap(group -> submit(number, once ? "/once" : "/work", headers(group, told)))
                .takeUntilOther(over.asMono())
                .doOnNext(accepted -> {
                    progress.increment();
                    phase.latency().recordNanos(System.nanoTime() - due);
                    if (grouped) {
                        groups.joined(number);
                    }
                })
                .map(accepted -> new Submitted(accepted.job(), once, told, trail))
                .doOnNext(jobs::add)
                .onErrorResume(error -> {
                    wrong.increment();
                    phase.failed().increment();
                    say("not accepted: " + error.getMessage());
                    return Mono.empty();
                })
                .switchIfEmpty(Mono.fromRunnable(unanswered::increment))
                .flatMap(job -> job.trail() == null ? Mono.empty() : follow(number, job, job.trail()));
    }

    private Map<String, String> headers(String group, boolean told) {
        Map<String, String> headers = new HashMap<>();
        if (keys) {
            headers.put("Idempotency-Key", UUID.randomUUID().toString());
        }
        if (!group.isEmpty()) {
            headers.put("Sluice-Group", group);
        }
        if (told) {
            headers.put("Sluice-Callback", receiver.url().toString());
        }
        return headers;
    }

    private Mono<Client.Accepted> submit(long number, String target, Map<String, String> headers) {
        AtomicInteger tries = new AtomicInteger();
        return Mono.defer(() -> client.submit(
                        node(number + tries.getAndIncrement()).resolve(target), Bodies.json(Bodies.USUAL), headers))
                .timeout(LONGEST_ANSWER)
                .retryWhen(Retry.backoff(Long.MAX_VALUE, AGAIN)
                        .maxBackoff(LONGEST_AGAIN)
                        .filter(error -> keys && passing(error))
                        .doBeforeRetry(signal -> repeated.increment()));
    }

    /** Whether it may be otherwise the next time: the gateway is away, or cannot take anything now. */
    private static boolean passing(Throwable error) {
        return !(error instanceof Client.UnexpectedAnswerException answer)
                || answer.status() >= 500
                || answer.status() == 429;
    }

    private Mono<Void> follow(long number, Submitted job, Trail trail) {
        EventAudit.Reader reader = read.reader();
        AtomicInteger tries = new AtomicInteger();
        return Mono.defer(() -> client.events(
                                node(number + tries.getAndIncrement()).resolve(job.path() + "/events"),
                                reader.lastEventId())
                        .doOnNext(event -> {
                            progress.increment();
                            reader.saw(event);
                            trail.saw(event);
                        })
                        .takeUntil(event ->
                                !event.isFinal() && ThreadLocalRandom.current().nextDouble() < BREAKING)
                        .then())
                .onErrorResume(Workload::passing, error -> Mono.empty())
                .then(Mono.<Void>defer(() -> reader.ended() ? Mono.empty() : Mono.error(new TimeoutException())))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, AGAIN)
                        .maxBackoff(LONGEST_AGAIN)
                        .filter(Workload::passing)
                        .doBeforeRetry(signal -> resumed.increment()))
                .onErrorResume(error -> {
                    say("not followed: " + error.getMessage());
                    return Mono.empty();
                })
                .takeUntilOther(over.asMono())
                .doOnTerminate(reader::over);
    }

    /** Tells of the first few things that went wrong; the accounts count all of them. */
    private void say(String text) {
        if (said.getAndIncrement() < MOST_EXAMPLES) {
            bench.say("  " + text);
        }
    }

    private URI node(long number) {
        return nodes.get((int) (number % nodes.size()));
    }

    /** 202s so far. */
    long accepted() {
        return jobs.size();
    }

    /** Waits until more are accepted than now, as long as the load goes on: what comes next then hits work. */
    void awaitMore(Background load) throws InterruptedException {
        long before = accepted();
        while (accepted() == before && load.running()) {
            Thread.sleep(5); // it can only be looked at
        }
    }

    /**
     * Waits for the end of all jobs and their callbacks and looks at each of them.
     *
     * @param alive gateways that run now
     */
    void settle(List<Gateway> alive) throws Exception {
        List<URI> bases = alive.stream().map(Gateway::base).toList();
        bench.say("waiting for the end of " + jobs.size() + " jobs");
        Settling.await(alive);
        bench.say("looking at every job");
        ClosingLook.at(bench, bases, jobs);
        bench.accounts().zero("requests never accepted", unanswered.sum());
        bench.accounts().zero("requests refused for good", wrong.sum());
        bench.accounts().count("requests sent again with the same key", repeated.sum());
        bench.accounts().count("streams resumed", resumed.sum());
        OutcomeAudit audit = new OutcomeAudit(client, bases, backend, receiver, bench::say);
        audit.look(jobs);
        read.settle(bench.accounts());
        audit.settle(bench.accounts());
        groups.settle(bench.accounts(), bench::say);
    }

    @Override
    public void close() {
        over.tryEmitEmpty();
        client.close();
        receiver.close();
    }
}
