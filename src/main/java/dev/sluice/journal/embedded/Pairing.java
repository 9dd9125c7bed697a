package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Keeps two stores from being of different times, as they would be after one of them was restored from a copy. Both count
 * how often they were opened together.
 */
final class Pairing {

    private static final byte[] KEY = "opened".getBytes(StandardCharsets.US_ASCII);

    private final Path directory;
    private final Store main;
    private final Store bodies;

    Pairing(Path directory, Store main, Store bodies) {
        this.directory = directory;
        this.main = main;
        this.bodies = bodies;
    }

    /** Returns whether a store was ever opened together with another one. */
    static boolean isPaired(Store main) {
        return main.get(Table.META, KEY) != null;
    }

    /**
     * Counts this opening. The process may die between the two writes, which the store of bodies remembers.
     *
     * @throws JournalUnavailableException if the stores are not of the same time
     */
    void open() {
        Count mine = read(main);
        Count theirs = read(bodies);
        boolean interrupted = theirs.pending && theirs.times == mine.times + 1;
        if (theirs.times != mine.times && !interrupted) {
            throw Diagnosis.ofDamage(
                    directory,
                    "the directory " + RocksStores.BODIES + " in it is of another time: it was opened " + theirs.times
                            + " times, the rest " + mine.times + " times.");
        }
        write(bodies, new Count(mine.times + 1, true));
        write(main, new Count(mine.times + 1, false));
        write(bodies, new Count(mine.times + 1, false));
    }

    private record Count(long times, boolean pending) {}

    private static Count read(Store store) {
        byte[] value = store.get(Table.META, KEY);
        if (value == null) {
            return new Count(0, false);
        }
        ByteBuffer bytes = ByteBuffer.wrap(value);
        return new Count(bytes.getLong(), bytes.get() == 1);
    }

    private static void write(Store store, Count count) {
        byte[] value = ByteBuffer.allocate(Long.BYTES + 1)
                .putLong(count.times)
                .put((byte) (count.pending ? 1 : 0))
                .array();
        try (Store.Batch batch = store.batch()) {
            batch.put(Table.META, KEY, value);
            store.write(batch, true);
        }
    }
}
