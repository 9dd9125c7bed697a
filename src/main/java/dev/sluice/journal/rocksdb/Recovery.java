package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done once, before the committer starts: the due index is filled, jobs that were running when the process ended
 * are lost ({@link Transition.Lose}), and pieces of bodies that never became whole are swept away.
 */
final class Recovery {

    private static final Logger log = LoggerFactory.getLogger(Recovery.class);
    private static final int GROUP = 256;

    /** Ids that are further ahead are those of a clock that was wrong: lists may show them first, time need not follow. */
    private static final Duration PLAUSIBLE = Duration.ofDays(1);

    private final Store store;
    private final WorkingSet working;

    Recovery(Store store, WorkingSet working) {
        this.store = store;
        this.working = working;
    }

    void run() throws RocksDBException {
        long begin = System.nanoTime();
        sweep();
        List<Entry> interrupted = new ArrayList<>();
        long[] waiting = {0};
        Instant[] newest = {newestId()};
        store.scan(Table.OPEN, new byte[0], null, (key, value) -> {
            Entry entry = Codec.entry(JobId.fromBytes(key, 0), value);
            if (entry.job().acceptedAt().isAfter(newest[0])) {
                newest[0] = entry.job().acceptedAt(); // whatever the clock says, nothing new overtakes it
            }
            if (entry.job().state() == JobState.RUNNING) {
                interrupted.add(entry);
            } else {
                working.restore(entry.job());
                waiting[0]++;
            }
            return true;
        });
        if (newest[0].isAfter(Instant.EPOCH)) {
            working.startFrom(newest[0]);
        }
        for (int from = 0; from < interrupted.size(); from += GROUP) {
            lose(interrupted.subList(from, Math.min(from + GROUP, interrupted.size())));
        }
        log.info(
                "The journal is open: {} jobs wait, {} were interrupted, read in {} ms",
                waiting[0],
                interrupted.size(),
                (System.nanoTime() - begin) / 1_000_000);
    }

    /** When the newest job was accepted that was finished or not; long ago if that cannot be. */
    private Instant newestId() throws RocksDBException {
        Instant newest = Instant.EPOCH;
        for (Table table : List.of(Table.OPEN, Table.DONE)) {
            byte[] last = store.last(table);
            Instant made = last == null
                    ? Instant.EPOCH
                    : Instant.ofEpochMilli(JobId.fromBytes(last, 0).millis());
            newest = made.isAfter(newest) ? made : newest;
        }
        return newest.isAfter(working.now().plus(PLAUSIBLE)) ? Instant.EPOCH : newest;
    }

    private void lose(List<Entry> entries) throws RocksDBException {
        List<Job> after = new ArrayList<>(entries.size());
        try (Batch batch = new Batch(store, working)) {
            for (Entry entry : entries) {
                Job.Step step = entry.job().apply(new Transition.Lose(), working.now());
                batch.move(entry, entry.with(step.job()), step.event());
                after.add(step.job());
            }
            batch.sync();
            batch.write();
        }
        for (Job job : after) {
            if (job.state() == JobState.QUEUED) {
                working.restore(job);
            }
        }
    }

    private void sweep() throws RocksDBException {
        List<byte[]> incomplete = new ArrayList<>();
        store.scan(Table.RECEIVING, new byte[0], null, (key, value) -> incomplete.add(key));
        try (Batch batch = new Batch(store, working)) {
            for (byte[] prefix : incomplete) {
                new Discard(prefix).stage(batch);
            }
            batch.write();
        }
    }
}
