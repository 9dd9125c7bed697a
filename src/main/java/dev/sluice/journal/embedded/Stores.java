package dev.sluice.journal.embedded;

import dev.sluice.journal.Health;

/** The two stores of a journal. */
interface Stores extends AutoCloseable {

    /** The store of everything but the pieces of bodies. */
    Store main();

    /** The store of the pieces of bodies. */
    Store bodies();

    /** The native memory that both have in use for write buffers and cached blocks, in bytes. For any thread, also after closing. */
    default long memory() {
        return 0;
    }

    /** The number of events buffered for a subscriber of the tail. */
    default int tailLag() {
        return 16 * 1024;
    }

    /** The health message of a journal that can write. */
    default Health health(Health writable) {
        for (Store store : new Store[] {main(), bodies()}) {
            String damage = store.damage();
            if (store.space() == Store.Space.SCARCE) {
                return new Health(false, "refuses new jobs: the disk is almost full. Free some space.");
            } else if (store.space() == Store.Space.LOW) {
                return new Health(true, "refuses new jobs: little space is left on the disk. Free some.");
            } else if (damage != null) {
                return new Health(true, writable.detail() + ", but " + damage);
            }
        }
        return writable;
    }

    @Override
    void close();
}
