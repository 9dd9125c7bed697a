package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.EventAudit;
import dev.sluice.loadtest.account.OutputAudit;
import dev.sluice.loadtest.load.Event;
import dev.sluice.loadtest.load.EventReaders;
import java.util.function.LongSupplier;

/** One of a {@link Crowd}: reads the events of a job, resumes until it has seen the final one. */
final class PieceReader implements EventReaders.Reading {

    private static final long AGAIN = 100; // ms
    private static final int OK = 200;
    private static final int NO_CONTENT = 204;
    private static final LongSupplier FOR_EVER = () -> Long.MAX_VALUE / 2;
    private static final Runnable NOTHING = () -> {};

    private final Crowd crowd;
    private final EventReaders connections;
    private final String events;
    private final long pieces;
    private final EventAudit.Reader numbers;
    private final OutputAudit.Reader output;
    private LongSupplier stay = FOR_EVER;
    private Runnable halfway = NOTHING;
    private boolean comesBack;
    private boolean returned;
    private long askedAt;
    private long leavesAt;
    private boolean there;
    private boolean live;

    PieceReader(Crowd crowd, EventReaders connections, String job, long pieces) {
        this.crowd = crowd;
        this.connections = connections;
        this.events = job + "/events";
        this.pieces = pieces;
        this.numbers = crowd.events.reader();
        this.output = crowd.outputs.reader(pieces);
    }

    /** Has something done, by the thread of the readers, when half of the pieces were read. To be called before it asks. */
    PieceReader halfway(Runnable task) {
        halfway = task;
        return this;
    }

    /**
     * Has it break off each stream after some time, and come back once more after the final event. To be called before it asks.
     *
     * @param nanos gives the time for each stream; negative to leave at the head of the answer
     */
    PieceReader leaving(LongSupplier nanos) {
        stay = nanos;
        comesBack = true;
        return this;
    }

    /** Asks for the events; to be called once. */
    void ask() {
        ask(0);
    }

    private void ask(long delay) {
        live = false;
        askedAt = System.nanoTime() + delay * 1_000_000;
        connections.open(events, numbers.lastEventId(), this, delay);
    }

    @Override
    public void opened(int status) {
        long now = System.nanoTime();
        if (returned) {
            crowd.notTurnedAway.add(status == NO_CONTENT ? 0 : 1);
            return;
        }
        if (status != OK) {
            return; // over() says that it broke
        }
        if (!numbers.lastEventId().isEmpty()) {
            crowd.resume.recordNanos(now - askedAt);
        }
        leavesAt = now + stay.getAsLong();
    }

    @Override
    public boolean event(Event event) {
        if (!there) {
            there = true;
            crowd.there.increment();
        }
        numbers.saw(event);
        if (event.type().equals("output")) {
            boolean before = 2 * output.seen() < pieces;
            output.saw(event, due -> piece(due, event.at()));
            if (before && 2 * output.seen() >= pieces) {
                halfway.run();
            }
        }
        return numbers.ended() || event.at() - leavesAt < 0;
    }

    private void piece(long due, long at) {
        if (due - askedAt < 0) {
            return; // history
        }
        crowd.delay.recordNanos(at - due);
        if (!live) {
            live = true;
            crowd.live.recordNanos(at - askedAt);
        }
    }

    @Override
    public void over(EventReaders.End how) {
        if (returned) {
            crowd.ended.increment();
        } else if (numbers.ended() && comesBack) {
            returned = true;
            ask(0);
        } else if (numbers.ended()) {
            crowd.ended.increment();
        } else if (how == EventReaders.End.HUNG_UP) {
            crowd.left.increment();
            ask(0);
        } else {
            crowd.broken.increment();
            ask(AGAIN);
        }
    }

    /** Says that it reads no more; after the crowd was closed. */
    void giveUp() {
        numbers.over();
        output.over();
    }
}
