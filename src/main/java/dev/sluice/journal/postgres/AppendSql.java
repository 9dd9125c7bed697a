package dev.sluice.journal.postgres;

import dev.sluice.journal.NewJob;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The statements that accept jobs. */
final class AppendSql {

    /**
     * The most jobs ahead that are counted for a new one; beyond that its position is taken from this node's backlog,
     * as it is for all while {@link Heads} are needed, because counting is then as expensive as claiming. Jobs of a
     * batch with the same {@link Appends.Place} differ in their order only and are counted once.
     */
    static final int COUNTED = 100;

    /** The most places of a batch that are counted: a route may have as many turns as a batch has jobs. */
    private static final int PLACES = 16;

    private AppendSql() {}

    static final String PLAIN = Sql.of("append", Map.of("counted", COUNTED));
    static final String CONDITIONAL = Sql.of("append-conditional", Map.of("counted", COUNTED));

    static final String GROUPED = Sql.of("append-grouped", Map.of("counted", COUNTED));

    static final String HOLDERS = Sql.of("key-holders");

    static final String TELL = Sql.of("key-tell");

    static final String RELEASE = Sql.of("key-release");

    static final String MADE = Sql.of("accepted");

    static @Nullable Object[] parameters(List<? extends AppendRow> batch, SharedBacklog backlog) {
        int many = batch.size();
        UUID[] ids = new UUID[many];
        String[] routes = new String[many];
        Integer[] urgencies = new Integer[many];
        @Nullable Long[] due = new @Nullable Long[many];
        Boolean[] atOnce = new Boolean[many];
        @Nullable Long[] deadlines = new @Nullable Long[many];
        Boolean[] counted = new Boolean[many];
        byte[][] details = new byte[many][];
        byte[][] requests = new byte[many][];
        @Nullable String[] keys = new @Nullable String[many];
        byte[] @Nullable [] prints = new byte[many] @Nullable [];
        Boolean[] pieced = new Boolean[many];
        byte[] @Nullable [] credentials = new byte[many] @Nullable [];
        Long[] turns = new Long[many];
        Long[] callers = new Long[many];
        Long[] clients = new Long[many];
        @Nullable UUID[] groups = new @Nullable UUID[many];
        Set<Appends.Place> known = new HashSet<>();
        for (int i = 0; i < many; i++) {
            AppendRow append = batch.get(i);
            NewJob job = append.wanted;
            ids[i] = Rows.uuid(job.id());
            routes[i] = job.route();
            urgencies[i] = job.spec().urgency();
            due[i] = job.dueAt().toEpochMilli();
            atOnce[i] = !job.dueAt().isAfter(job.spec().acceptedAt());
            deadlines[i] = Rows.millis(job.spec().deadline());
            counted[i] = !backlog.heads().areNeeded()
                    && backlog.before(job.accepted(0)) < COUNTED
                    && known.size() < PLACES
                    && (append.key != null || !atOnce[i] || known.add(append.place()));
            details[i] = append.detail;
            requests[i] = append.request;
            keys[i] = append.key;
            prints[i] = append.print;
            credentials[i] = append.credentials;
            pieced[i] = append.isPieced();
            turns[i] = job.spec().turn();
            callers[i] = job.spec().caller();
            clients[i] = job.spec().client();
            groups[i] = append.group == null ? null : GroupRows.uuid(append.group);
        }
        return new @Nullable Object[] {
            ids,
            routes,
            urgencies,
            due,
            atOnce,
            deadlines,
            counted,
            details,
            requests,
            keys,
            prints,
            pieced,
            credentials,
            turns,
            callers,
            clients,
            groups
        };
    }
}
