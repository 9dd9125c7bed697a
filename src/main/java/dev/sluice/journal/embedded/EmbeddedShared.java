package dev.sluice.journal.embedded;

import dev.sluice.journal.core.SharedState;
import dev.sluice.journal.core.SharedUpdate;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import reactor.core.publisher.MonoSink;

/** The shared values in the main store: rows among the facts, loaded when the journal is opened. */
final class EmbeddedShared {

    private static final String PREFIX = "shared/";

    private final Store store;
    private final SharedState state = new SharedState();

    EmbeddedShared(Store store) {
        this.store = store;
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

    SharedState state() {
        return state;
    }

    /** The change that makes an update. */
    Change change(SharedUpdate update, MonoSink<Void> sink) {
        return new Update(update, sink);
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
