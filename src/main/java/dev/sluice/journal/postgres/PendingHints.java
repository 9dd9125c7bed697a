package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The hints that other nodes are to be sent: merged and bounded; what there is no room for is dropped. Thread-safe. */
final class PendingHints {

    /** The limit of PostgreSQL is 8,000 bytes. */
    private static final int PAYLOAD = 7_900;

    private static final int REMEMBERED = 64 * 1024;

    private final String self;

    // All of it guarded by the monitor of this, as is waiting for it.
    private final Map<JobId, Range> recorded = new LinkedHashMap<>();
    private final Set<String> offered = new LinkedHashSet<>();
    private final Set<GroupId> groups = new LinkedHashSet<>();
    private boolean wroteShared;
    private boolean closed;

    private record Range(long first, long last) {

        Range and(Range other) {
            return new Range(Math.min(first, other.first()), Math.max(last, other.last()));
        }
    }

    /**
     * Creates an instance without hints.
     *
     * @param self the name of this node, without spaces
     */
    PendingHints(String self) {
        this.self = self;
    }

    synchronized void recorded(JobId id, long seq) {
        if (recorded.size() < REMEMBERED) {
            recorded.merge(id, new Range(seq, seq), Range::and);
            notifyAll();
        }
    }

    synchronized void recordedOf(Collection<GroupId> some) {
        if (groups.size() < REMEMBERED) {
            groups.addAll(some);
            notifyAll();
        }
    }

    synchronized void offer(String route) {
        if (offered.size() < REMEMBERED && offered.add(route)) {
            notifyAll();
        }
    }

    synchronized void wroteShared() {
        wroteShared = true;
        notifyAll();
    }

    /** Ends the wait for hints. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    /**
     * Waits until there is something to say: {@code e <node> <id>.<first>.<last> …}, {@code o <node> <route> …},
     * {@code g <node> <group> …} and {@code s <node> changed}. Nothing if it is over.
     */
    synchronized String[] payloads() throws InterruptedException {
        while (recorded.isEmpty() && offered.isEmpty() && groups.isEmpty() && !wroteShared && !closed) {
            wait();
        }
        List<String> payloads = new ArrayList<>();
        List<String> words = new ArrayList<>(recorded.size());
        recorded.forEach((id, range) -> words.add(
                id + "." + number(range.first()) + (range.first() == range.last() ? "" : "." + number(range.last()))));
        pack("e", words, payloads);
        pack("o", List.copyOf(offered), payloads);
        pack("g", groups.stream().map(GroupId::toString).toList(), payloads);
        pack("s", wroteShared ? List.of("changed") : List.of(), payloads);
        recorded.clear();
        offered.clear();
        groups.clear();
        wroteShared = false;
        return payloads.toArray(String[]::new);
    }

    private static String number(long seq) {
        return Long.toString(seq, Character.MAX_RADIX);
    }

    private void pack(String kind, List<String> words, List<String> payloads) {
        StringBuilder payload = new StringBuilder();
        for (String word : words) {
            if (payload.length() + word.length() + 1 > PAYLOAD) {
                payloads.add(payload.toString());
                payload.setLength(0);
            }
            if (payload.isEmpty()) {
                payload.append(kind).append(' ').append(self);
            }
            payload.append(' ').append(word);
        }
        if (!payload.isEmpty()) {
            payloads.add(payload.toString());
        }
    }
}
