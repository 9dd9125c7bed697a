package dev.sluice.journal.memory;

import dev.sluice.journal.ClockContract;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalContractTest;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.core.JournalClock;
import java.nio.file.Path;
import java.time.Clock;

class MemoryJournalTest extends JournalContractTest implements ClockContract {

    private JournalClock time;

    @Override
    protected Journal open(Path storage, MutableClock clock) {
        time = new JournalClock(clock, clock::nanos);
        return new MemoryJournal(time, clock::leaseNanos, 256L << 20);
    }

    @Override
    public Clock time() {
        return time;
    }

    @Override
    public boolean durable() {
        return false;
    }

    /** In pieces of the size that the contract sends; heads and events are smaller than one. */
    @Override
    public long pieces() {
        return ((MemoryJournal) journal()).heldBytes() / (64 * 1024);
    }
}
