package dev.sluice.protection;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The holds of one route: those that this node found, and those that are shared by all nodes. Of a hold that is found again the
 * later end counts. Thread-safe.
 */
final class HeldRoute {

    /** The most callers that are held one by one; beyond that the route is. Their set goes with each claim. */
    static final int MOST_CALLERS = 1_000;

    private final String route;
    private final Map<String, Entry> entries = new HashMap<>(); // by name
    private Opening opening = Opening.FREE;
    private boolean changed;

    HeldRoute(String route) {
        this.route = route;
    }

    /** A hold and what is known to be shared of it. */
    static final class Entry {
        private Hold hold;
        private @Nullable Instant stored; // until when it is shared
        private boolean writing;

        Entry(Hold hold) {
            this.hold = hold;
        }

        boolean isToWrite() {
            return !writing && (stored == null || hold.until().isAfter(stored));
        }
    }

    /** What may be started now. */
    synchronized Opening opening(Instant now) {
        if (changed || !now.isBefore(opening.next())) {
            opening = computed(now);
            changed = false;
        }
        return opening;
    }

    private Opening computed(Instant now) {
        Entry whole = entries.get(Hold.name(route, null));
        if (whole != null && whole.hold.holds(now)) {
            return Opening.closedUntil(whole.hold.until());
        }
        List<Hold> callers = active(now);
        Instant next = callers.stream().map(Hold::until).min(Instant::compareTo).orElse(Instant.MAX);
        return callers.isEmpty()
                ? Opening.FREE
                : new Opening(
                        Integer.MAX_VALUE,
                        Integer.MAX_VALUE,
                        callers.stream().map(Hold::caller).collect(Collectors.toUnmodifiableSet()),
                        next);
    }

    /** A hold as it is after a finding, and whether it begins with that. */
    record Added(Hold hold, boolean begins) {}

    /** Adds what this node found. */
    synchronized Added add(Hold found, Instant now) {
        Hold hold = bounded(found, now);
        Entry entry = entries.get(hold.name(route));
        boolean begins = entry == null || !entry.hold.holds(now);
        if (entry == null) {
            entry = new Entry(hold);
            entries.put(hold.name(route), entry);
        } else if (begins) {
            entry.hold = hold;
            entry.stored = null; // or it would seem lifted when what was stored of the one before is removed
        } else if (hold.until().isAfter(entry.hold.until())) {
            entry.hold = entry.hold.until(hold.until());
        }
        changed = true;
        return new Added(entry.hold, begins);
    }

    private Hold bounded(Hold found, Instant now) {
        if (found.caller() == null
                || entries.containsKey(found.name(route))
                || entries.size() < MOST_CALLERS
                || active(now).stream().filter(hold -> hold.caller() != null).count() < MOST_CALLERS) {
            return found;
        }
        return new Hold(null, Hold.Reason.TOO_MANY_CALLERS, found.since(), found.until());
    }

    /** A hold that is being shared. */
    record Write(Hold hold, Entry entry) {}

    /** Takes the next hold to be shared under a name, to be followed by {@link #written}; null if it is shared already. */
    synchronized @Nullable Write toWrite(String name) {
        Entry entry = entries.get(name);
        if (entry == null || !entry.isToWrite()) {
            return null;
        }
        entry.writing = true;
        return new Write(entry.hold, entry);
    }

    /** The hold that was taken is shared, or could not be. */
    synchronized void written(Write write, boolean shared) {
        Entry entry = write.entry();
        entry.writing = false;
        entry.stored = shared ? write.hold().until() : entry.stored;
    }

    /**
     * Takes over what is shared. One that is shared no longer was lifted.
     *
     * @param holds all of the route that are shared, by name
     * @return those that began, and whether some were lifted
     */
    synchronized Learned learn(Map<String, Hold> holds, Instant now) {
        List<Hold> begun = new ArrayList<>();
        holds.forEach((name, hold) -> {
            Entry entry = entries.get(name);
            boolean begins = (entry == null || !entry.hold.holds(now)) && hold.holds(now);
            if (entry == null) {
                entry = new Entry(hold);
                entries.put(name, entry);
            } else if (begins) {
                entry.hold = hold;
            } else if (hold.until().isAfter(entry.hold.until())) {
                entry.hold = entry.hold.until(hold.until());
            }
            if (begins) {
                begun.add(hold);
            }
            entry.stored = hold.until();
        });
        boolean lifted = false;
        for (Map.Entry<String, Entry> known : List.copyOf(entries.entrySet())) {
            Entry entry = known.getValue();
            if (entry.stored != null && !entry.writing && !holds.containsKey(known.getKey())) {
                entries.remove(known.getKey());
                lifted |= entry.hold.holds(now);
            }
        }
        changed = true;
        return new Learned(begun, lifted);
    }

    record Learned(List<Hold> begun, boolean lifted) {}

    /** Removes the holds of these names; returns whether one had not ended. */
    synchronized boolean lift(Set<String> names, Instant now) {
        boolean lifted = false;
        for (String name : names) {
            Entry entry = entries.remove(name);
            lifted |= entry != null && entry.hold.holds(now);
        }
        changed = true;
        return lifted;
    }

    /** The names of all holds. */
    synchronized Set<String> names() {
        return Set.copyOf(entries.keySet());
    }

    /** The names of those that ended before that and are still shared; forgets those that are not. */
    synchronized List<String> ended(Instant before) {
        List<String> shared = new ArrayList<>();
        entries.entrySet().removeIf(known -> {
            Entry entry = known.getValue();
            boolean ended = !entry.writing && entry.hold.until().isBefore(before);
            if (ended && entry.stored != null) {
                shared.add(known.getKey());
            }
            return ended && entry.stored == null;
        });
        return shared;
    }

    /** The names of those that have not ended and could not be shared. */
    synchronized List<String> unshared(Instant now) {
        return entries.entrySet().stream()
                .filter(entry ->
                        entry.getValue().isToWrite() && entry.getValue().hold.holds(now))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The holds that have not ended: that of the route first, then the callers', the longest first. */
    synchronized List<Hold> active(Instant now) {
        return entries.values().stream()
                .map(entry -> entry.hold)
                .filter(hold -> hold.holds(now))
                .sorted(Comparator.comparing((Hold hold) -> hold.caller() != null)
                        .thenComparing(Hold::until, Comparator.reverseOrder()))
                .toList();
    }

    /** When the hold of a name ends; null if there is none. */
    synchronized @Nullable Instant until(String name, Instant now) {
        Entry entry = entries.get(name);
        return entry != null && entry.hold.holds(now) ? entry.hold.until() : null;
    }
}
