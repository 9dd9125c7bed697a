package dev.sluice.journal.core;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.Interest;
import dev.sluice.journal.Journal;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * The subscribers of {@link Journal#tail}. {@link #publish} is called on the journal's thread and never waits for a
 * subscriber: one that exceeds its buffer is disconnected at once, even without demand.
 */
public final class Tails {

    /** The number of events buffered for a subscriber, rounded up to a power of two. */
    private final int buffer;

    private final List<Tail> tails = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /** Creates an instance without subscribers. */
    public Tails(int buffer) {
        this.buffer = buffer;
    }

    /** Events from the moment of subscription, as {@link Journal#tail} promises. */
    public Flux<JobEvent> tail(Interest interest) {
        return Flux.from(subscriber -> {
            Tail tail = new Tail(Operators.toCoreSubscriber(subscriber), interest, buffer, tails::remove);
            if (closed) {
                Operators.error(subscriber, new IllegalStateException("the journal is closed"));
                return;
            }
            // Registered before the subscriber hears of its subscription: nothing recorded from then on is missed.
            tails.add(tail);
            tail.begin();
            if (closed) {
                tail.complete();
            }
        });
    }

    /** Emits an event to all interested subscribers; it must already be readable in the history. */
    public void publish(JobEvent event) {
        for (Tail tail : tails) {
            tail.offer(event);
        }
    }

    /**
     * Emits an event to those interested subscribers that follow its job, or to those that do not: the latter receive
     * only what this node recorded.
     */
    public void publish(JobEvent event, boolean followers) {
        for (Tail tail : tails) {
            if (tail.interest().follows(event.job()) == followers) {
                tail.offer(event);
            }
        }
    }

    /**
     * Sends subscribers that follow one of these jobs by its number to the history, because no more events of it can be
     * emitted.
     */
    public void lookBack(Set<JobId> gone) {
        for (Tail tail : tails) {
            if (gone.stream().anyMatch(tail.interest().followed()::containsKey)) {
                tail.cut();
            }
        }
    }

    /** Completes all subscribers after their buffered events; later subscriptions fail. */
    public void close() {
        closed = true;
        tails.forEach(Tail::complete);
        tails.clear();
    }
}
