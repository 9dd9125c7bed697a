package dev.sluice.journal.postgres;

import dev.sluice.journal.SharedValues;
import dev.sluice.journal.core.GroupCommitter;
import dev.sluice.journal.core.SharedState;
import dev.sluice.journal.core.SharedUpdate;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/**
 * The shared values in the table of facts. One row names their state: each write replaces it first, so that writes take turns on
 * all nodes and a look costs one row as long as nothing changed. Nodes look when another one hints that it wrote, and
 * periodically.
 */
final class PostgresShared implements SharedValues, Retrying.Try<PostgresShared.Update> {

    private static final Logger log = LoggerFactory.getLogger(PostgresShared.class);

    private static final String PREFIX = "shared/";

    private static final String READ = Sql.of("shared");
    private static final String PUT = Sql.of("shared-put");
    private static final String REMOVE = Sql.of("shared-remove");
    private static final String TOUCH = Sql.of("shared-touch");

    private final Database database;
    private final Workers workers;
    private final Scheduler listeners;
    private final Runnable changed;
    private final GroupCommitter<Update> updates;
    private final SharedState state = new SharedState();
    private final AtomicBoolean looking = new AtomicBoolean();
    private byte @Nullable [] known; // guarded by the monitor of this

    /**
     * Creates an instance that knows no values.
     *
     * @param changed run when this node has written some
     * @param committer creates the committer of a carrier
     */
    PostgresShared(
            Database database,
            Workers workers,
            Scheduler listeners,
            Runnable changed,
            Function<Retrying.Try<Update>, GroupCommitter<Update>> committer) {
        this.database = database;
        this.workers = workers;
        this.listeners = listeners;
        this.changed = changed;
        this.updates = committer.apply(this);
    }

    void start() {
        updates.start();
    }

    /** Writes the waiting updates, then stops writing. Blocks until that is done. */
    void stop() {
        updates.close();
    }

    /** Completes all who follow the values. */
    void close() {
        state.close();
    }

    /** A pending write. */
    record Update(SharedUpdate update, MonoSink<Void> sink) implements GroupCommitter.Member {

        @Override
        public int weight() {
            return 256 + update.weight();
        }

        @Override
        public boolean refusable() {
            return true;
        }

        @Override
        public void failed(Throwable error) {
            sink.error(error);
        }
    }

    private record Row(String name, byte[] value) {}

    @Override
    public Mono<Void> putShared(String name, byte[] value) {
        return write(() -> SharedUpdate.put(name, value));
    }

    @Override
    public Mono<Void> removeShared(Collection<String> names) {
        return write(() -> SharedUpdate.remove(names));
    }

    private Mono<Void> write(Supplier<SharedUpdate> creating) {
        return Mono.create(sink -> {
            SharedUpdate update = creating.get();
            state.admit(update);
            updates.submit(new Update(update, sink));
        });
    }

    @Override
    public Map<String, byte[]> shared() {
        return state.snapshot();
    }

    @Override
    public Flux<Map<String, byte[]>> sharedValues() {
        return state.values(listeners);
    }

    /** Reads what other nodes have written. Blocks. */
    synchronized void look() {
        List<Row> rows = database.read(READ, row -> new Row(Rows.text(row, 0), Rows.bytes(row, 1)), (Object) known);
        if (!rows.isEmpty()) {
            replace(rows);
        }
    }

    /** Looks soon. Does not block; thread-safe. */
    void hinted() {
        if (looking.compareAndSet(false, true)) {
            workers.run(() -> {
                        looking.set(false);
                        look();
                        return true;
                    })
                    .subscribe(done -> {}, error -> {
                        looking.set(false);
                        log.debug("Shared values are read again with the next round: {}", error.getMessage());
                    });
        }
    }

    @Override
    public void carry(List<Update> batch, boolean again) {
        Map<String, Optional<byte[]>> last = new TreeMap<>();
        for (Update member : batch) {
            member.update().removed().forEach(name -> last.put(name, Optional.empty()));
            member.update().put().forEach((name, value) -> last.put(name, Optional.of(value)));
        }
        write(last);
        changed.run();
        List<Update> written = List.copyOf(batch);
        batch.clear();
        written.forEach(member -> member.sink().success());
    }

    /** Publishes states in the order in which they were written, also by other nodes. */
    private synchronized void write(Map<String, Optional<byte[]>> last) {
        List<String> names = new ArrayList<>();
        List<byte[]> values = new ArrayList<>();
        List<String> removed = new ArrayList<>();
        last.forEach((name, value) -> {
            if (value.isPresent()) {
                names.add(name);
                values.add(value.get());
            } else {
                removed.add(name);
            }
        });
        replace(database.transaction(session -> {
            session.update(TOUCH);
            if (!names.isEmpty()) {
                session.update(PUT, array(names), values.toArray(byte[][]::new));
            }
            if (!removed.isEmpty()) {
                session.update(REMOVE, (Object) array(removed));
            }
            return all(session);
        }));
    }

    private static List<Row> all(Session session) throws SQLException {
        return session.rows(READ, row -> new Row(Rows.text(row, 0), Rows.bytes(row, 1)), new @Nullable Object[] {null});
    }

    private void replace(List<Row> rows) {
        Map<String, byte[]> values = new HashMap<>();
        known = null;
        for (Row row : rows) {
            if (row.name().startsWith(PREFIX)) {
                values.put(row.name().substring(PREFIX.length()), row.value());
            } else {
                known = row.value();
            }
        }
        state.replace(values);
    }

    private static String[] array(Collection<String> names) {
        return names.toArray(String[]::new);
    }
}
