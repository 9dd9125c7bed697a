package dev.sluice.journal.core;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/**
 * A write of shared values. Rejects with {@link IllegalArgumentException} what exceeds the limits of
 * {@link dev.sluice.journal.SharedValues}.
 *
 * @param put the values to set, by name
 * @param removed the names of the values to remove
 */
public record SharedUpdate(Map<String, byte[]> put, Set<String> removed) {

    private static final int LONGEST_NAME = 300;
    private static final int LARGEST_VALUE = 4 * 1024;

    /** Copies the collections, and validates. */
    public SharedUpdate {
        put = Map.copyOf(put);
        removed = Set.copyOf(removed);
        put.keySet().forEach(SharedUpdate::validate);
        removed.forEach(SharedUpdate::validate);
        if (put.values().stream().anyMatch(value -> value.length > LARGEST_VALUE)) {
            throw new IllegalArgumentException("a shared value has at most " + LARGEST_VALUE + " bytes");
        }
    }

    /** Sets one value. */
    public static SharedUpdate put(String name, byte[] value) {
        return new SharedUpdate(Map.of(name, value), Set.of());
    }

    /** Removes values. */
    public static SharedUpdate remove(Collection<String> names) {
        return new SharedUpdate(Map.of(), Set.copyOf(names));
    }

    /** The approximate number of bytes that it takes in memory. */
    public int weight() {
        int bytes = 0;
        for (Map.Entry<String, byte[]> entry : put.entrySet()) {
            bytes += bytes(entry.getKey(), entry.getValue());
        }
        return bytes + 2 * LONGEST_NAME * removed.size();
    }

    static int bytes(String name, byte[] value) {
        return name.getBytes(StandardCharsets.UTF_8).length + value.length;
    }

    private static void validate(String name) {
        if (name.isEmpty() || name.length() > LONGEST_NAME || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "the name of a shared value has 1 to " + LONGEST_NAME + " characters, none of them NUL");
        }
    }
}
