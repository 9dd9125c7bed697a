package dev.sluice.loadtest.account;

import dev.sluice.loadtest.load.CallbackReceiver;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.CountingBackend;
import dev.sluice.loadtest.load.Event;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Compares, job by job, all that was told of how it ended: the events as they are now, those that its reader saw then, its
 * callbacks, and the calls that its backend counted. One outcome, whoever is asked.
 */
public final class OutcomeAudit {

    private static final int AT_ONCE = 32;
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final int MOST_EXAMPLES = 5;

    private final Client client;
    private final List<URI> nodes;
    private final CountingBackend backend;
    private final CallbackReceiver receiver;
    private final Consumer<String> examples;
    private final EventAudit history = new EventAudit();
    private final LongAdder unreadable = new LongAdder();
    private final LongAdder doubled = new LongAdder();
    private final LongAdder toldOtherwise = new LongAdder();
    private final LongAdder neverCalled = new LongAdder();
    private final LongAdder calledAgain = new LongAdder();
    private final LongAdder calledTwice = new LongAdder();
    private final LongAdder callbacks = new LongAdder();
    private final LongAdder callbacksMissing = new LongAdder();
    private final LongAdder callbacksAgain = new LongAdder();
    private final LongAdder said = new LongAdder();

    /**
     * One for the jobs of these.
     *
     * @param examples is told of some of the jobs that are not in order
     */
    public OutcomeAudit(
            Client client,
            List<URI> nodes,
            CountingBackend backend,
            CallbackReceiver receiver,
            Consumer<String> examples) {
        this.client = client;
        this.nodes = nodes;
        this.backend = backend;
        this.receiver = receiver;
        this.examples = examples;
    }

    /** Looks at all of them, which have ended, and waits for that. */
    public void look(Collection<Submitted> jobs) {
        Flux.fromIterable(jobs).flatMap(this::look, AT_ONCE).blockLast();
    }

    private Mono<Void> look(Submitted job) {
        calls(job);
        return Mono.defer(() -> {
                    Trail now = new Trail();
                    EventAudit.Reader reader = history.reader();
                    URI url = nodes.get(Math.floorMod(job.path().hashCode(), nodes.size()))
                            .resolve(job.path() + "/events");
                    return client.events(url)
                            .collectList()
                            .timeout(LONGEST)
                            .retryWhen(Retry.fixedDelay(5, Duration.ofMillis(200)))
                            .doOnNext(events -> compare(job, events, now, reader));
                })
                .onErrorResume(error -> {
                    unreadable.increment();
                    say(job, "its events cannot be read: " + error);
                    return Mono.empty();
                })
                .then();
    }

    private void compare(Submitted job, List<Event> events, Trail now, EventAudit.Reader reader) {
        events.forEach(event -> {
            reader.saw(event);
            now.saw(event);
        });
        reader.over();
        Trail then = job.trail();
        if (then != null && !then.same(now)) {
            toldOtherwise.increment();
            say(job, "its reader was told otherwise");
        }
        CallbackReceiver.Told told = receiver.told(job.id());
        boolean one = told.messages().size() <= 1
                && told.states().stream().allMatch(state -> state.equals(now.end()))
                && (then == null || then.end().equals(now.end()));
        if (!one) {
            doubled.increment();
            say(job, "ended as " + now.end() + ", callbacks said " + told);
        }
        if (job.told()) {
            callbacks.increment();
            (told.deliveries() == 0 ? callbacksMissing : callbacksAgain)
                    .add(told.deliveries() == 0 ? 1 : told.deliveries() - 1);
        }
        if (!now.end().equals("failed") && backend.calls(job.id()) == 0) {
            neverCalled.increment();
            say(job, "the backend was never called");
        }
    }

    private void calls(Submitted job) {
        int calls = backend.calls(job.id());
        calledAgain.add(Math.max(0, calls - 1));
        if (job.once() && calls > 1) {
            calledTwice.increment();
            say(job, "called " + calls + " times, although at most once was asked for");
        }
    }

    private synchronized void say(Submitted job, String what) {
        said.increment();
        if (said.sum() <= MOST_EXAMPLES) {
            examples.accept("  not in order: " + job.path() + ": " + what);
        }
    }

    /** Enters what was found into the accounts. */
    public void settle(Accounts accounts) {
        accounts.zero("doubled outcomes", doubled.sum());
        accounts.zero("jobs whose events cannot be read", unreadable.sum());
        accounts.zero("readers told otherwise than the history says", toldOtherwise.sum());
        accounts.zero("succeeded without a call of the backend", neverCalled.sum());
        accounts.zero("calls with another idempotency key", backend.otherKeys());
        accounts.zero("called twice with attempts: 1", calledTwice.sum());
        accounts.count("calls repeated (at least once)", calledAgain.sum());
        accounts.count("callbacks asked for", callbacks.sum());
        accounts.zero("callbacks not delivered", callbacksMissing.sum());
        accounts.count("callbacks delivered again (at least once)", callbacksAgain.sum());
        history.settle(accounts);
    }
}
