package dev.sluice.journal.embedded;

import dev.sluice.journal.core.Facts;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Facts in the main store, written by its writer. */
record EmbeddedFacts(Store store, Writer writer) implements Facts {

    @Override
    public byte @Nullable [] get(String name) {
        return store.get(Table.META, key(name));
    }

    @Override
    public void put(String name, byte[] value) {
        written(new Put(name, value, true));
    }

    @Override
    public byte[] keep(String name, byte[] value) {
        byte[] there = get(name);
        if (there == null) {
            written(new Put(name, value, false));
            there = get(name); // in one group the last put wins
        }
        return Objects.requireNonNull(there, name);
    }

    private void written(Put put) {
        writer.submit(put);
        try {
            put.done.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static byte[] key(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }

    /** A put, and whether it replaces an existing value. */
    private final class Put implements Change {

        private final byte[] key;
        private final byte[] value;
        private final boolean replaces;
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        Put(String name, byte[] value, boolean replaces) {
            this.key = key(name);
            this.value = value;
            this.replaces = replaces;
        }

        @Override
        public void stage(CommitGroup group) {
            if (replaces || store.get(Table.META, key) == null) {
                group.put(Table.META, key, value);
                group.sync();
            }
        }

        @Override
        public void committed() {
            done.complete(null);
        }

        @Override
        public void failed(Throwable error) {
            done.completeExceptionally(error);
        }
    }
}
