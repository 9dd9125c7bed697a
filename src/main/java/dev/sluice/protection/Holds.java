package dev.sluice.protection;

import dev.sluice.journal.SharedValues;
import dev.sluice.route.CallPolicy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Holds jobs back for as long as their backends ask: a 503 with {@code Retry-After} those of the route, a 429 with one those of
 * the same caller, up to {@value HeldRoute#MOST_CALLERS} callers; beyond that the whole route. A hold takes effect on this node at
 * once and on the others as soon as they hear of it; it is stored in the journal, survives a restart, ends by itself, and can be
 * lifted before. While the journal is unavailable it holds on this node only. For any thread.
 */
public final class Holds implements Protection, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Holds.class);

    /** How long an ended hold stays stored, so that a node that is late does not remove one that begins anew. */
    private static final Duration REMAINS = Duration.ofMinutes(1);

    private static final int REMOVED_AT_ONCE = 1_000;

    private final SharedValues values;
    private final RouteEvents events;
    private final Changes changes;
    private final HoldMeters meters;
    private final Clock clock;
    private final SharedFollower follower;
    private final Map<String, HeldRoute> routes = new ConcurrentHashMap<>();
    private Map<String, byte[]> looked = Map.of(); // guarded by the monitor of this
    private boolean unwritten;

    /** Knows at once what is shared, and follows it until {@link #close}. */
    Holds(SharedValues values, RouteEvents events, Changes changes, HoldMeters meters, Clock clock) {
        this.values = values;
        this.events = events;
        this.changes = changes;
        this.meters = meters;
        this.clock = clock;
        look();
        follower = new SharedFollower("holds", values, this::look, this::tidy, meters::restarted);
    }

    @Override
    public Opening opening(CallPolicy policy, int underWay, Instant now) {
        HeldRoute held = routes.get(policy.id());
        return held == null ? Opening.FREE : held.opening(now);
    }

    @Override
    public void ended(CallPolicy policy, EndedCall call, Instant now) {
        Instant asked = call.retryAfter();
        Instant until = asked == null ? now : asked.truncatedTo(ChronoUnit.MILLIS); // as it is stored
        if (!until.isAfter(now)) {
            return;
        }
        if (call.end() == EndedCall.End.UNAVAILABLE) {
            hold(policy.id(), new Hold(null, Hold.Reason.UNAVAILABLE, now, until), now);
        } else if (call.end() == EndedCall.End.LIMITED) {
            long caller = call.job().spec().caller();
            hold(policy.id(), new Hold(caller, Hold.Reason.LIMITED, now, until), now);
        }
    }

    /** It says the same as the answer to a call. */
    @Override
    public void completed(CallPolicy policy, EndedCall answer, Instant now) {
        ended(policy, answer, now);
    }

    private void hold(String route, Hold found, Instant now) {
        HeldRoute held = route(route);
        HeldRoute.Added added = held.add(found, now);
        if (added.begins()) {
            meters.begun(route, added.hold().reason());
            tell(route, added.hold(), now);
            changes.signal();
        }
        share(route, held, added.hold().name(route));
    }

    /** One write of a name at a time; what is found meanwhile is written afterwards. */
    private void share(String route, HeldRoute held, String name) {
        HeldRoute.Write write = held.toWrite(name);
        if (write != null) {
            values.putShared(name, write.hold().encode())
                    .subscribe(nothing -> {}, error -> unwritten(route, held, write, error), () -> {
                        written(held, write);
                        share(route, held, name);
                    });
        }
    }

    /** Not while somebody looks who may not see it yet. */
    private synchronized void written(HeldRoute held, HeldRoute.Write write) {
        held.written(write, true);
        unwritten = false;
    }

    private synchronized void unwritten(String route, HeldRoute held, HeldRoute.Write write, Throwable error) {
        held.written(write, false);
        if (!unwritten) {
            LOG.warn("A hold of route {} takes effect on this node only until it can be stored", route, error);
        }
        unwritten = true;
        meters.unwritten();
    }

    /**
     * Lifts all holds of a route on all nodes. Durable when it completes. Jobs that are called from then on may be held again.
     */
    public Mono<Void> release(String route) {
        return Mono.defer(() -> {
            HeldRoute held = route(route);
            Set<String> names = new TreeSet<>(held.names());
            values.shared().keySet().stream()
                    .filter(name -> route.equals(Hold.route(name)))
                    .forEach(names::add);
            return values.removeShared(names).doOnSuccess(nothing -> lift(route, held, names));
        });
    }

    private synchronized void lift(String route, HeldRoute held, Set<String> names) {
        if (held.lift(names, clock.instant())) {
            released(route);
        }
        look();
    }

    /** The holds of a route that have not ended: that of the whole route first, then the callers', the longest first. */
    public List<Hold> of(String route, Instant now) {
        HeldRoute held = routes.get(route);
        return held == null ? List.of() : held.active(now);
    }

    /** When the hold of a route ends; null if it is not held. */
    public @Nullable Instant until(String route, Instant now) {
        HeldRoute held = routes.get(route);
        return held == null ? null : held.until(Hold.name(route, null), now);
    }

    /** When jobs of a caller of a route may be started again; null if nothing holds them. */
    public @Nullable Instant until(String route, long caller, Instant now) {
        HeldRoute held = routes.get(route);
        Instant own = held == null ? null : held.until(Hold.name(route, caller), now);
        Instant all = until(route, now);
        return own == null || (all != null && all.isAfter(own)) ? all : own;
    }

    @Override
    public void close() {
        follower.close();
    }

    @SuppressWarnings("ReferenceEquality") // the same object means unchanged, at no cost
    private synchronized void look() {
        Map<String, byte[]> all = values.shared();
        if (all == looked) {
            return;
        }
        looked = all;
        Map<String, Map<String, Hold>> byRoute = new HashMap<>();
        all.forEach((name, value) -> {
            String route = Hold.route(name);
            Hold hold = route == null ? null : Hold.decode(name, value);
            if (route != null && hold != null) {
                byRoute.computeIfAbsent(route, id -> new HashMap<>()).put(name, hold);
            }
        });
        byRoute.keySet().forEach(this::route);
        Instant now = clock.instant();
        routes.forEach((id, held) -> {
            HeldRoute.Learned learned = held.learn(byRoute.getOrDefault(id, Map.of()), now);
            learned.begun().forEach(hold -> tell(id, hold, now));
            if (!learned.begun().isEmpty()) {
                changes.signal();
            }
            if (learned.lifted()) {
                released(id);
            }
        });
    }

    /** Shares what could not be shared before, and removes what ended a while ago. Also run periodically. */
    void tidy() {
        Instant now = clock.instant();
        List<String> ended = new ArrayList<>();
        routes.forEach((id, held) -> {
            held.unshared(now).forEach(name -> share(id, held, name));
            ended.addAll(held.ended(now.minus(REMAINS)));
        });
        if (ended.isEmpty()) {
            return;
        }
        Flux.fromIterable(ended)
                .buffer(REMOVED_AT_ONCE)
                .concatMap(values::removeShared)
                .subscribe(
                        nothing -> {},
                        error -> LOG.debug("Ended holds are removed later: {}", error.getMessage()),
                        this::look);
    }

    private HeldRoute route(String id) {
        return routes.computeIfAbsent(id, HeldRoute::new);
    }

    private void tell(String route, Hold hold, Instant now) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("reason", hold.reason().text());
        String caller = hold.callerText();
        if (caller != null) {
            details.put("caller", caller);
        }
        details.put("until", hold.until());
        events.publish(new RouteEvent(route, now, "held", details));
    }

    private void released(String route) {
        events.publish(new RouteEvent(route, clock.instant(), "released", Map.of()));
        changes.signal();
    }
}
