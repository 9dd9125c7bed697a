package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.Journal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * What one group of changes writes together. Changes of one group see each other's jobs, and all that the group did to
 * jobs can be taken back if it is unknown whether the write took place.
 */
final class Batch implements AutoCloseable {

    private record Touched(@Nullable Entry before, Entry after) {}

    private final Store store;
    private final WorkingSet working;
    private final WriteBatch writes = new WriteBatch();
    private final Map<JobId, Touched> jobs = new LinkedHashMap<>();
    private final Map<Hash, byte[]> keys = new LinkedHashMap<>();
    private final Set<JobId> erased = new HashSet<>();
    private final Map<String, Integer> moreRunning = new HashMap<>(); // by route; negative if jobs ended
    private boolean sync;

    private record Hash(String text) {
        static Hash of(byte[] bytes) {
            return new Hash(java.util.HexFormat.of().formatHex(bytes));
        }
    }

    Batch(Store store, WorkingSet working) {
        this.store = store;
        this.working = working;
    }

    void put(Table table, byte[] key, byte[] value) throws RocksDBException {
        writes.put(store.table(table), key, value);
    }

    void delete(Table table, byte[] key) throws RocksDBException {
        writes.delete(store.table(table), key);
    }

    void deleteRange(Table table, byte[] from, byte[] to) throws RocksDBException {
        writes.deleteRange(store.table(table), from, to);
    }

    /** The group completes only when it is on stable storage. */
    void sync() {
        sync = true;
    }

    /** The unfinished job as this group sees it, or as it was finished by this group; null if neither. */
    @Nullable
    Entry open(JobId id) throws RocksDBException {
        Touched touched = jobs.get(id);
        if (touched != null) {
            return touched.after();
        }
        Entry running = working.running(id);
        if (running != null) {
            return running;
        }
        byte[] stored = store.get(Table.OPEN, Keys.job(id));
        return stored == null ? null : Codec.entry(id, stored);
    }

    /** The finished job as it is on disk; null if there is none, or only its tombstone. */
    @Nullable
    Entry done(JobId id) throws RocksDBException {
        byte[] stored = store.get(Table.DONE, Keys.job(id));
        return stored == null || stored.length == 0 ? null : Codec.entry(id, stored);
    }

    /** Whether no earlier change of this group erased the job; from now on it counts as erased. */
    boolean erase(JobId id) {
        return erased.add(id);
    }

    /** Whether an earlier change of this group touched the job. */
    boolean touches(JobId id) {
        return jobs.containsKey(id);
    }

    /** A job as it was before this group touched it. */
    Optional<Entry> before(JobId id) {
        return Optional.ofNullable(jobs.get(id)).map(Touched::before);
    }

    /** How many jobs of a route run as this group sees it. */
    int running(String route) {
        return (int) working.index().backlog().of(route).running() + moreRunning.getOrDefault(route, 0);
    }

    /** Puts a new job. */
    void accept(Entry entry) throws RocksDBException {
        jobs.put(entry.job().id(), new Touched(null, entry));
        put(Table.OPEN, Keys.job(entry.job().id()), Codec.entry(entry));
        sync();
    }

    /** Puts a job as it is after an event, with the event. */
    void move(Entry before, Entry after, JobEvent event) throws RocksDBException {
        Job job = after.job();
        byte[] key = Keys.job(job.id());
        Touched touched = jobs.get(job.id());
        jobs.put(job.id(), new Touched(touched == null ? before : touched.before(), after));
        if (runs(before) != runs(after)) {
            moreRunning.merge(job.route(), runs(after) ? 1 : -1, Integer::sum);
        }
        put(Table.EVENTS, Keys.event(job.id(), event.seq()), Codec.event(event));
        long cut = event.seq() - Journal.HISTORY_KEPT;
        if (cut > 1) {
            delete(Table.EVENTS, Keys.event(job.id(), cut));
        }
        if (job.state().finished()) {
            delete(Table.OPEN, key);
            delete(Table.CREDENTIALS, key);
            put(Table.DONE, key, Codec.entry(after));
            put(Table.EXPIRY, expiryKey(job), new byte[0]);
            sync();
        } else {
            put(Table.OPEN, key, Codec.entry(after));
        }
    }

    /** Holds an idempotency key for a job. */
    void hold(byte[] key, byte[] holder) throws RocksDBException {
        keys.put(Hash.of(key), holder);
        put(Table.KEYS, key, holder);
    }

    /** Who holds an idempotency key. */
    byte @Nullable [] holder(byte[] key) throws RocksDBException {
        byte[] staged = keys.isEmpty() ? null : keys.get(Hash.of(key));
        return staged != null ? staged : store.get(Table.KEYS, key);
    }

    void write() throws RocksDBException {
        if (writes.count() > 0) {
            store.write(writes, sync);
        }
    }

    boolean synced() {
        return sync;
    }

    /**
     * Writes over what this group did to jobs. For a group whose write was reported as failed and may have reached the
     * disk all the same: its callers were told that nothing happened, and memory says so too.
     */
    void takeBack() throws RocksDBException {
        try (WriteBatch undo = new WriteBatch()) {
            for (Touched touched : jobs.values()) {
                takeBack(undo, touched);
            }
            for (Hash key : keys.keySet()) {
                undo.delete(store.table(Table.KEYS), java.util.HexFormat.of().parseHex(key.text()));
            }
            store.write(undo, true);
        }
    }

    @Override
    public void close() {
        writes.close();
    }

    private static boolean runs(Entry entry) {
        return entry.job().state() == JobState.RUNNING;
    }

    static byte[] expiryKey(Job finished) {
        return Keys.expiry(
                java.util.Objects.requireNonNull(finished.expiresAt()).toEpochMilli(), finished.id());
    }

    private void takeBack(WriteBatch undo, Touched touched) throws RocksDBException {
        Job after = touched.after().job();
        Entry before = touched.before();
        byte[] key = Keys.job(after.id());
        long kept = 1;
        if (before == null) {
            undo.delete(store.table(Table.OPEN), key);
            undo.delete(store.table(Table.REQUESTS), key);
        } else {
            kept = before.job().lastSeq();
            undo.put(store.table(Table.OPEN), key, Codec.entry(before));
        }
        for (long seq = kept + 1; seq <= after.lastSeq(); seq++) {
            undo.delete(store.table(Table.EVENTS), Keys.event(after.id(), seq));
        }
        if (after.state().finished()) {
            undo.delete(store.table(Table.DONE), key);
            undo.delete(store.table(Table.RESULTS), key);
            undo.delete(store.table(Table.EXPIRY), expiryKey(after));
        }
    }
}
