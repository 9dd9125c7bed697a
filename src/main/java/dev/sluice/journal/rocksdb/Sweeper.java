package dev.sluice.journal.rocksdb;

import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.core.Packer;
import dev.sluice.journal.core.Unpacker;
import java.time.Duration;
import java.time.Instant;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Makes erased data really go. RocksDB only marks it as deleted; the bytes stay in their files until a compaction happens
 * to rewrite these, which may be never. So once a day, if something was erased, all files are rewritten without what was.
 * What was erased is gone from the tables and blob files a day later, plus the time that takes.
 *
 * <p>The write-ahead log has a copy of its own. A log is closed when its writes are in the tables, at the next sweep at the
 * latest, but then kept to be written over: at most {@link Settings#RECYCLED_LOGS} of them, each no longer than a log ever
 * gets ({@link Settings#WAL} at most). So what was erased can be found there until as many bytes were written again, or until
 * the next start, which deletes them.
 */
final class Sweeper {

    static final Duration PAUSE = Duration.ofDays(1);

    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);
    private static final byte[] SWEPT_AT = {'s', 'w', 'e', 'p', 't'};

    private final Store store;
    private final Scheduler scheduler = Schedulers.newBoundedElastic(1, 16, "sluice-journal-sweeper", 60, true);
    private volatile boolean erased = true; // by an earlier process, maybe

    Sweeper(Store store) {
        this.store = store;
    }

    /** Something was erased. */
    void erased() {
        erased = true;
    }

    /** Sweeps if it is time to; completes when that is done, or was not to be. */
    Mono<Void> sweep(Instant now) {
        return Mono.<Void>fromRunnable(() -> sweepNow(now)).subscribeOn(scheduler);
    }

    void close() {
        scheduler.dispose();
    }

    private void sweepNow(Instant now) {
        try {
            byte[] before = store.get(Table.META, SWEPT_AT);
            if (before == null) {
                note(now); // a new journal: the first day begins
            } else if (erased && !now.isBefore(new Unpacker(before).present().plus(PAUSE))) {
                erased = false;
                sweepAll();
                note(now);
            }
        } catch (RocksDBException e) {
            erased = true;
            throw new JournalUnavailableException("cannot sweep out what was erased", e);
        }
    }

    private void sweepAll() throws RocksDBException {
        long begin = System.nanoTime();
        store.compact();
        log.info("Swept out what was erased, in {} ms", (System.nanoTime() - begin) / 1_000_000);
    }

    private void note(Instant now) throws RocksDBException {
        store.put(Table.META, SWEPT_AT, new Packer(10).instant(now).toBytes());
    }
}
