package dev.sluice.journal.embedded;

import dev.sluice.journal.core.Facts;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Facts in the store of the jobs. They are set while no writer writes, which is before the first begins. */
record StoredFacts(Store store) implements Facts {

    @Override
    public byte @Nullable [] get(String name) {
        return store.get(Table.META, key(name));
    }

    @Override
    public void put(String name, byte[] value) {
        try (Store.Batch batch = store.batch()) {
            batch.put(Table.META, key(name), value);
            store.write(batch, true);
        }
    }

    @Override
    public byte[] keep(String name, byte[] value) {
        byte[] kept = get(name);
        if (kept != null) {
            return kept;
        }
        put(name, value);
        return value;
    }

    private static byte[] key(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }
}
