package dev.sluice.journal.embedded;

import dev.sluice.journal.SharedValues;
import dev.sluice.journal.core.SharedState;
import dev.sluice.journal.core.SharedUpdate;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/** The shared values in the main store: rows among the facts, loaded when the journal is opened. */
final class EmbeddedShared implements SharedValues {

    private static final String PREFIX = "shared/";

    private final Store store;
    private final Writer writer;
    private final Scheduler listeners;
    private final SharedState state = new SharedState();

    EmbeddedShared(Store store, Writer writer, Scheduler listeners) {
        this.store = store;
        this.writer = writer;
        this.listeners = listeners;
    }

    /** Reads all values. Blocks. */
    void load() {
        Map<String, byte[]> all = new HashMap<>();
        byte[] first = key("");
        store.scan(Table.META, first, Keys.after(first), (key, value) -> {
            all.put(new String(key, first.length, key.length - first.length, StandardCharsets.UTF_8), value);
            return true;
        });
        state.replace(all);
    }

    @Override
    public Mono<Void> putShared(String name, byte[] value) {
        return writer.change(sink -> new Update(SharedUpdate.put(name, value), sink));
    }

    @Override
    public Mono<Void> removeShared(Collection<String> names) {
        return writer.change(sink -> new Update(SharedUpdate.remove(names), sink));
    }

    @Override
    public Map<String, byte[]> shared() {
        return state.snapshot();
    }

    @Override
    public Flux<Map<String, byte[]>> sharedValues() {
        return state.values(listeners);
    }

    /** Completes all who follow the values. */
    void close() {
        state.close();
    }

    private static byte[] key(String name) {
        return (PREFIX + name).getBytes(StandardCharsets.UTF_8);
    }

    private final class Update implements Change {

        private final SharedUpdate update;
        private final MonoSink<Void> sink;

        Update(SharedUpdate update, MonoSink<Void> sink) {
            this.update = update;
            this.sink = sink;
        }

        @Override
        public int weight() {
            return 256 + update.weight();
        }

        @Override
        public boolean refusable() {
            return true; // so that those that wait are bounded
        }

        @Override
        public void stage(CommitGroup group) {
            state.admit(update);
            update.removed().forEach(name -> group.setFact(key(name), null));
            update.put().forEach((name, value) -> group.setFact(key(name), value));
            group.sync();
        }

        @Override
        public void committed() {
            state.apply(update);
            sink.success();
        }

        @Override
        public void failed(Throwable error) {
            sink.error(error);
        }
    }
}
