package dev.sluice.journal.embedded;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The idempotency keys that a commit group holds for jobs, and the facts that it sets. */
final class StagedValues {

    private final Store store;
    private final Map<String, byte[]> keys = new LinkedHashMap<>(); // by hash in hexadecimal
    private final Map<String, Optional<byte[]>> facts = new LinkedHashMap<>(); // as before, by key in hexadecimal

    StagedValues(Store store) {
        this.store = store;
    }

    void hold(Store.Batch batch, byte[] key, byte[] holder) {
        keys.put(HexFormat.of().formatHex(key), holder);
        batch.put(Table.KEYS, key, holder);
    }

    /** Who holds an idempotency key. */
    byte @Nullable [] holder(byte[] key) {
        byte[] staged = keys.isEmpty() ? null : keys.get(HexFormat.of().formatHex(key));
        return staged != null ? staged : store.get(Table.KEYS, key);
    }

    /** Sets a fact, or removes it if the value is null. */
    void setFact(Store.Batch batch, byte[] key, byte @Nullable [] value) {
        facts.computeIfAbsent(HexFormat.of().formatHex(key), hex -> Optional.ofNullable(store.get(Table.META, key)));
        if (value == null) {
            batch.delete(Table.META, key);
        } else {
            batch.put(Table.META, key, value);
        }
    }

    /** Frees the keys, and restores the facts as they were before. */
    void rollBack(Store.Batch undo) {
        HexFormat hex = HexFormat.of();
        keys.keySet().forEach(key -> undo.delete(Table.KEYS, hex.parseHex(key)));
        facts.forEach((key, before) -> rollBack(undo, hex.parseHex(key), before));
    }

    private static void rollBack(Store.Batch undo, byte[] fact, Optional<byte[]> before) {
        if (before.isPresent()) {
            undo.put(Table.META, fact, before.get());
        } else {
            undo.delete(Table.META, fact);
        }
    }
}
