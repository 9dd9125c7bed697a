package dev.sluice.journal.embedded;

import dev.sluice.journal.Health;

/** Two stores in memory that hold no more than so many bytes together. */
final class MemoryStores implements Stores {

    private final MemoryBudget budget;
    private final MemoryStore main;
    private final MemoryStore bodies;

    MemoryStores(long mostBytes) {
        budget = new MemoryBudget(mostBytes);
        main = new MemoryStore(budget);
        bodies = new MemoryStore(budget);
    }

    @Override
    public Store main() {
        return main;
    }

    @Override
    public Store bodies() {
        return bodies;
    }

    /** Fewer: what subscribers have not taken is in no budget. */
    @Override
    public int tailLag() {
        return 1024;
    }

    /** Bytes that are used. */
    long used() {
        return budget.used();
    }

    @Override
    public Health health(Health writable) {
        return new Health(true, "in memory: nothing survives the process");
    }

    @Override
    public void close() {
        main.close();
        bodies.close();
    }
}
