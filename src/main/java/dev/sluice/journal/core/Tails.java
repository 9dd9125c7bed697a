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
 * The subscribers of {@link Journal#tail}. {@link #publish} belongs to the journal's thread and never waits for a
 * subscriber: one that lags more than its buffer is cut at once, also if it asks for nothing.
 */
public final class Tails {

    /** How many events a subscriber may lag behind; it is rounded up to a power of two. */
    private final int buffer;

    private final List<Tail> tails = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /** Begins without any. */
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

    /** Tells everyone who wants it; the event must be readable in the history by now. */
    public void publish(JobEvent event) {
        for (Tail tail : tails) {
            tail.offer(event);
        }
    }

    /**
     * Tells those who want it and who follow its job, or those who want it and do not: they hear of what this node
     * recorded, and of nothing else.
     */
    public void publish(JobEvent event, boolean followers) {
        for (Tail tail : tails) {
            if (tail.interest().follows(event.job()) == followers) {
                tail.offer(event);
            }
        }
    }

    /** Lets those who follow one of these jobs by its number look back, because nothing more can be told of it. */
    public void lookBack(Set<JobId> gone) {
        for (Tail tail : tails) {
            if (gone.stream().anyMatch(tail.interest().followed()::containsKey)) {
                tail.cut();
            }
        }
    }

    /** Completes all of them, after what they have not yet taken; later ones fail. */
    public void close() {
        closed = true;
        tails.forEach(Tail::complete);
        tails.clear();
    }
}
