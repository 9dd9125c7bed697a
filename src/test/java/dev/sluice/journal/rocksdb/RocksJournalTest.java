package dev.sluice.journal.rocksdb;

import dev.sluice.journal.ClockContract;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalContractTest;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;

class RocksJournalTest extends JournalContractTest implements ClockContract {

    private JournalClock time;

    @Override
    protected Journal open(Path storage, MutableClock clock) {
        time = new JournalClock(clock, clock::nanos);
        return new RocksJournal(storage, time, clock::leaseNanos, new SimpleMeterRegistry());
    }

    @Override
    public Clock time() {
        return time;
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
