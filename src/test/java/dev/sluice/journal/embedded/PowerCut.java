package dev.sluice.journal.embedded;

import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Journal;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.function.LongSupplier;

/** The stores of an embedded journal whose power can be cut, which takes away everything that was not synced. */
public final class PowerCut implements Stores {

    private final PowerCutStore main;
    private final PowerCutStore bodies;

    /** Empty ones. */
    public PowerCut() {
        this(new PowerCutStore(), new PowerCutStore());
    }

    private PowerCut(PowerCutStore main, PowerCutStore bodies) {
        this.main = main;
        this.bodies = bodies;
    }

    /** What is left when the power is cut at this moment, whatever is being written: to both at the same moment. */
    public PowerCut cut() {
        synchronized (main) {
            synchronized (bodies) {
                return new PowerCut(main.cut(), bodies.cut());
            }
        }
    }

    /** Opens a journal on what is there. */
    public Journal open(JournalClock clock, LongSupplier leases) {
        return open(clock, leases, FollowUps.NONE);
    }

    /** Opens a journal whose ends have these follow-ups on what is there. */
    Journal open(JournalClock clock, LongSupplier leases, FollowUps followUps) {
        return new EmbeddedJournal(this, clock, leases, followUps, new SimpleMeterRegistry());
    }

    @Override
    public Store main() {
        return main;
    }

    @Override
    public Store bodies() {
        return bodies;
    }

    @Override
    public void close() {}
}
