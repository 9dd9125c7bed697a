package dev.sluice.protection;

import dev.sluice.backend.Backend;
import dev.sluice.job.Job;
import dev.sluice.protection.Breaker.Effect;
import dev.sluice.route.CallPolicy;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The circuit breakers of all routes that have one ({@link CallPolicy#breaker}). The claimer is their clock. It looks at each
 * route at least once a second while there are unfinished jobs or a protection holds a route back: an unreachable backend is probed
 * when it asks what may be started.
 */
public final class Breakers implements Protection {

    private static final Logger LOG = LoggerFactory.getLogger(Breakers.class);

    private final Backend backend;
    private final Findings findings;
    private final BooleanSupplier others;
    private final BreakerMeters meters;
    private final RouteEvents events;
    private final Changes changes;
    private final Clock clock;
    private final String node = UUID.randomUUID().toString();
    private final Map<String, Guarded> breakers = new ConcurrentHashMap<>();
    private volatile Map<String, Finding> known = Map.of();

    /** One breaker and its lock, which is this object. */
    private final class Guarded {
        private Breaker breaker = new Breaker(node, new SplittableRandom());
        private @Nullable URI target;

        synchronized BreakerState state() {
            return breaker.state();
        }

        synchronized BreakerStatus status() {
            return breaker.status();
        }

        /** What is known of a backend says nothing about the one that has taken its place. */
        synchronized void leadTo(URI uri) {
            if (target != null && !target.equals(uri)) {
                breaker = new Breaker(node, new SplittableRandom());
            }
            target = uri;
        }
    }

    /**
     * Makes the breakers of a node.
     *
     * @param others whether there are other nodes: if not, what is shared was left by one that has gone
     */
    Breakers(
            Backend backend,
            Findings findings,
            BooleanSupplier others,
            BreakerMeters meters,
            RouteEvents events,
            Changes changes,
            Clock clock) {
        this.backend = backend;
        this.findings = findings;
        this.others = others;
        this.meters = meters;
        this.events = events;
        this.changes = changes;
        this.clock = clock;
        findings.listen(this::follow);
    }

    /** The breaker of a route. */
    public BreakerStatus of(String route) {
        Guarded breaker = breakers.get(route);
        return breaker == null ? BreakerStatus.NEW : breaker.status();
    }

    /** Whether a route is in trouble, or was until a moment ago. */
    boolean isTroubled(String route) {
        Guarded breaker = breakers.get(route);
        return breaker != null && breaker.state() != BreakerState.CLOSED;
    }

    @Override
    public Opening opening(CallPolicy policy, int underWay, Instant now) {
        if (!policy.breaker()) {
            return Opening.FREE;
        }
        Guarded guarded = breakers.get(policy.id());
        if (guarded == null) {
            guarded = create(policy.id(), now);
        }
        guarded.leadTo(policy.target().uri());
        Opening opening = with(
                policy.id(),
                guarded,
                now,
                breaker -> breaker.opening(policy.concurrency().perNode(), now),
                () -> connect(policy));
        if (opening.isClosed() && underWay < policy.concurrency().perNode()) {
            meters.prevented(policy.id());
        }
        return opening;
    }

    /** When a backend that is away will be back is not known. */
    @Override
    public Outlook outlook(CallPolicy policy, Instant now) {
        Guarded guarded = policy.breaker() ? breakers.get(policy.id()) : null;
        BreakerState state = guarded == null ? BreakerState.CLOSED : guarded.state();
        return state == BreakerState.CLOSED || state == BreakerState.RAMPING ? Outlook.FREE : Outlook.UNKNOWN;
    }

    private Guarded create(String route, Instant now) {
        Guarded created = new Guarded();
        Guarded other = breakers.putIfAbsent(route, created);
        if (other != null) {
            return other;
        }
        meters.show(route, created, created::state);
        Finding finding = known.get(route);
        if (finding != null) {
            follow(route, created, finding, now);
        }
        return created;
    }

    private void connect(CallPolicy policy) {
        backend.reachable(policy)
                .onErrorResume(error -> {
                    LOG.error("Whether the backend of route {} can be reached was not found out", policy.id(), error);
                    return Mono.just(false);
                })
                .subscribe(success -> {
                    meters.connected(policy.id(), success);
                    Instant now = clock.instant();
                    does(policy.id(), now, breaker -> breaker.connected(success, now));
                });
    }

    @Override
    public void claimed(CallPolicy policy, Collection<Job> jobs, Instant now) {
        if (policy.breaker()) {
            does(policy.id(), now, breaker -> breaker.claimed(jobs));
        }
    }

    @Override
    public void ended(CallPolicy policy, EndedCall call, Instant now) {
        does(policy.id(), now, breaker -> breaker.ended(call, now));
    }

    private void follow(Map<String, Finding> all) {
        known = all;
        Instant now = clock.instant();
        breakers.forEach((route, guarded) -> {
            Finding finding = all.get(route);
            if (finding == null) {
                does(route, guarded, now, breaker -> breaker.unfollow(now));
            } else {
                follow(route, guarded, finding, now);
            }
        });
    }

    private void follow(String route, Guarded guarded, Finding finding, Instant now) {
        boolean ours = finding.node().equals(node);
        Finding meant = ours || others.getAsBoolean() ? finding : finding.abandoned();
        does(route, guarded, now, breaker -> breaker.follow(meant, now));
    }

    private void does(String route, Instant now, Consumer<Breaker> step) {
        Guarded guarded = breakers.get(route);
        if (guarded != null) {
            does(route, guarded, now, step);
        }
    }

    private void does(String route, Guarded guarded, Instant now, Consumer<Breaker> step) {
        with(
                route,
                guarded,
                now,
                breaker -> {
                    step.accept(breaker);
                    return true;
                },
                () -> {});
    }

    /** Makes a step, and carries out its effects without the lock. */
    private <T> T with(String route, Guarded guarded, Instant now, Function<Breaker, T> step, Runnable connector) {
        T result;
        Set<Effect> effects;
        BreakerStatus status = null;
        Finding finding = null;
        synchronized (guarded) {
            result = step.apply(guarded.breaker);
            effects = guarded.breaker.takeEffects();
            if (effects.contains(Effect.CHANGED)) {
                status = guarded.breaker.status();
            }
            if (effects.contains(Effect.SHARE)) {
                finding = guarded.breaker.finding(now);
            }
        }
        if (effects.isEmpty()) {
            return result;
        }
        if (status != null) {
            tell(route, status, now);
        }
        if (finding != null) {
            findings.share(route, finding);
        } else if (effects.contains(Effect.WITHDRAW)) {
            findings.withdraw(route);
        }
        if (effects.contains(Effect.CONNECT)) {
            connector.run();
        }
        if (effects.contains(Effect.LOOK)) {
            changes.signal();
        }
        return result;
    }

    private void tell(String route, BreakerStatus status, Instant now) {
        meters.changed(route, status.state());
        LOG.info(
                "Circuit breaker of route {}: {}{}",
                route,
                status.state().text(),
                status.reason() == null ? "" : " (" + status.reason().text() + ")");
        events.publish(new RouteEvent(route, now, "breaker", details(status)));
    }

    private static Map<String, Object> details(BreakerStatus status) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("state", status.state().text());
        if (status.reason() != null) {
            details.put("reason", status.reason().text());
        }
        if (status.nextProbeAt() != null) {
            details.put("nextProbeAt", status.nextProbeAt());
        }
        details.put("calls", status.calls());
        details.put("failures", status.failures());
        return details;
    }
}
