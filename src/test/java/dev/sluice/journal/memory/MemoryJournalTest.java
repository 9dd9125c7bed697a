package dev.sluice.journal.memory;

import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalContractTest;
import java.nio.file.Path;
import java.time.Clock;

class MemoryJournalTest extends JournalContractTest {

    @Override
    protected Journal open(Path storage, Clock time) {
        return new MemoryJournal(time, 256L << 20);
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
