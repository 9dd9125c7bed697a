package dev.sluice.journal.postgres;

import dev.sluice.journal.core.Facts;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Facts in a table, the same for all nodes. */
record PostgresFacts(Database database) implements Facts {

    private static final String GET = Sql.of("fact");
    private static final String PUT = Sql.of("fact-put");
    private static final String KEEP = Sql.of("fact-keep");

    @Override
    public byte @Nullable [] get(String name) {
        return database.first(GET, row -> Rows.bytes(row, 0), name);
    }

    @Override
    public void put(String name, byte[] value) {
        database.update(PUT, name, value);
    }

    @Override
    public byte[] keep(String name, byte[] value) {
        database.update(KEEP, name, value);
        return Objects.requireNonNull(get(name), name);
    }
}
