package dev.sluice.journal.embedded;

import dev.sluice.Abroad;
import dev.sluice.journal.ClockContract;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalContractTest;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.core.Facts;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.extension.RegisterExtension;

class EmbeddedOnRocksTest extends JournalContractTest implements ClockContract {

    @RegisterExtension
    static final Abroad ABROAD = new Abroad();

    private JournalClock time;

    @Override
    protected Journal open(Path storage, MutableClock clock) {
        time = new JournalClock(clock, clock::nanos);
        return new EmbeddedJournal(
                RocksStores.open(storage), time, clock::leaseNanos, followUps(), new SimpleMeterRegistry());
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
    public Facts facts() {
        return ((EmbeddedJournal) journal()).facts();
    }

    @Override
    public long outputs() {
        return ((EmbeddedJournal) journal()).outputs();
    }

    @Override
    public long pieces() {
        return ((EmbeddedJournal) journal()).pieces();
    }
}
