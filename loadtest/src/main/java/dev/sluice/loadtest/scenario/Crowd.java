package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.Accounts;
import dev.sluice.loadtest.account.EventAudit;
import dev.sluice.loadtest.account.OutputAudit;
import dev.sluice.loadtest.load.EventReaders;
import dev.sluice.loadtest.measure.Latencies;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** Readers of streamed output, and what all of them together have seen. May be used by several threads until it is settled. */
final class Crowd implements AutoCloseable {

    private static final Duration LONGEST_IDLE = Duration.ofSeconds(30);

    private final EventReaders connections;
    private final Queue<PieceReader> readers = new ConcurrentLinkedQueue<>();

    final EventAudit events = new EventAudit();
    final OutputAudit outputs = new OutputAudit();

    /** From when a piece was due until a reader had it; of pieces that became due while the reader was there. */
    final Latencies delay;

    /** From when a reader asked until it had the first piece that became due after that. */
    final Latencies live = new Latencies();

    /** From when a reader asked again until it had the head of the answer. */
    final Latencies resume = new Latencies();

    /** Readers who have had an event: one for whom there is no place is told to come later, which is an empty stream. */
    final LongAdder there = new LongAdder();

    final LongAdder ended = new LongAdder();

    /** Streams that broke or were ended before the final event, and were resumed. */
    final LongAdder broken = new LongAdder();

    /** Streams that their readers broke off to resume them. */
    final LongAdder left = new LongAdder();

    /** Readers that came back after the final event and were not told by a 204 that there is no more. */
    final LongAdder notTurnedAway = new LongAdder();

    /**
     * A crowd of nobody.
     *
     * @param delay where delays are recorded
     */
    Crowd(URI base, Latencies delay) throws IOException {
        this.connections = new EventReaders(base);
        this.delay = delay;
    }

    /**
     * Adds a reader, who does not ask yet.
     *
     * @param job the path of the job
     * @param pieces of its answer
     */
    PieceReader reader(String job, long pieces) {
        PieceReader reader = new PieceReader(this, connections, job, pieces);
        readers.add(reader);
        return reader;
    }

    int size() {
        return readers.size();
    }

    /** Waits until all have had an event, at most for half a minute without progress. */
    void awaitThere() throws InterruptedException {
        await(size(), there);
    }

    /** Waits until all have seen the final event, or nobody has read anything for half a minute: the accounts say who did not. */
    void awaitEnd() throws InterruptedException {
        await(size(), ended);
    }

    private void await(long count, LongAdder what) throws InterruptedException {
        long before = -1;
        long since = System.nanoTime();
        while (what.sum() < count && System.nanoTime() - since < LONGEST_IDLE.toNanos()) {
            long now = outputs.pieces() + there.sum() + ended.sum();
            if (now != before) {
                before = now;
                since = System.nanoTime();
            }
            Thread.sleep(5); // they can only be looked at
        }
    }

    /** Ends it and enters what was seen into the accounts. */
    void settle(Accounts accounts) {
        close();
        readers.forEach(PieceReader::giveUp);
        accounts.count("readers", readers.size());
        accounts.count("streams that broke and were resumed", broken.sum());
        events.settle(accounts);
        outputs.settle(accounts);
    }

    @Override
    public void close() {
        connections.close();
    }
}
