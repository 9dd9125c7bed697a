package dev.sluice.protection;

import dev.sluice.journal.SharedValues;
import dev.sluice.route.CallPolicy;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The routes that an operator has paused: none of their jobs is started on any node, while jobs are accepted, and those that run
 * go on. A pause is stored in the journal and lasts until it is lifted, restarts included. For any thread.
 */
public final class Pauses implements Protection, AutoCloseable {

    private static final String KIND = "pause/";

    private final SharedValues values;
    private final RouteEvents events;
    private final Changes changes;
    private final Clock clock;
    private final SharedFollower follower;
    private volatile Map<String, Pause> paused = Map.of();

    /** Knows at once what is paused, and follows it until {@link #close}. */
    Pauses(SharedValues values, RouteEvents events, Changes changes, HoldMeters meters, Clock clock) {
        this.values = values;
        this.events = events;
        this.changes = changes;
        this.clock = clock;
        look();
        follower = new SharedFollower("pauses", values, this::look, () -> {}, meters::restarted);
    }

    @Override
    public boolean protects(CallPolicy policy) {
        return true;
    }

    @Override
    public Opening opening(CallPolicy policy, int underWay, Instant now) {
        return paused.containsKey(policy.id()) ? Opening.closedUntil(Instant.MAX) : Opening.FREE;
    }

    /** When an operator will resume a paused route is not known. */
    @Override
    public Outlook outlook(CallPolicy policy, Instant now) {
        return paused.containsKey(policy.id()) ? Outlook.UNKNOWN : Outlook.FREE;
    }

    /**
     * Pauses a route; one that is paused stays so since when it was, with this note. Durable when it completes, in effect on this
     * node, and within 2 seconds on the others.
     */
    public Mono<Void> pause(String route, @Nullable String note) {
        return Mono.defer(() -> {
            Pause known = paused.get(route);
            Instant at = known == null ? clock.instant().truncatedTo(ChronoUnit.MILLIS) : known.at();
            return values.putShared(KIND + route, new Pause(at, note).encode()).doOnSuccess(nothing -> look());
        });
    }

    /** Resumes a route, if it is paused. As durable and as visible as {@link #pause}. */
    public Mono<Void> resume(String route) {
        return values.removeShared(List.of(KIND + route)).doOnSuccess(nothing -> look());
    }

    /** The pause of a route; null if it is not paused. */
    public @Nullable Pause of(String route) {
        return paused.get(route);
    }

    @Override
    public void close() {
        follower.close();
    }

    private synchronized void look() {
        Map<String, Pause> next = new HashMap<>();
        values.shared().forEach((name, value) -> {
            if (name.startsWith(KIND)) {
                next.put(name.substring(KIND.length()), Pause.decode(value));
            }
        });
        Map<String, Pause> before = paused;
        paused = Map.copyOf(next);
        next.forEach((route, pause) -> {
            if (!pause.equals(before.get(route))) {
                tell(route, "paused", pause.note());
                changes.signal();
            }
        });
        before.keySet().stream().filter(route -> !next.containsKey(route)).forEach(route -> {
            tell(route, "resumed", null);
            changes.signal();
        });
    }

    private void tell(String route, String change, @Nullable String note) {
        Map<String, Object> details = note == null ? Map.of() : Map.of("note", note);
        events.publish(new RouteEvent(route, clock.instant(), change, details));
    }
}
