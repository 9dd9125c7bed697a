package dev.sluice.journal.rocksdb;

import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalContractTest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;

class RocksJournalTest extends JournalContractTest {

    @Override
    protected Journal open(Path storage, Clock time) {
        return new RocksJournal(storage, time, new SimpleMeterRegistry());
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public long pieces() {
        return get(((RocksJournal) journal()).pieces());
    }
}
