package dev.sluice.management;

import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * The rates of the routes over the last minute, or since the start if that is more recent. The meters, which are monotonic,
 * are sampled every few seconds and on each request, so that the measured paths pay nothing.
 */
final class Rates implements SmartLifecycle {

    private static final Duration TICK = Duration.ofSeconds(5);
    private static final int TICKS = 12;

    /** Per second. */
    record Rate(double accepted, double attempts, double finished) {}

    private record Reading(long nanos, Map<String, Rate> totals) {}

    private final CurrentRoutes routes;
    private final MeterRegistry registry;
    private final Scheduler scheduler;
    private final Deque<Reading> readings = new ArrayDeque<>(TICKS + 1); // guarded by this
    private final Disposable.Swap ticking = Disposables.swap();
    private volatile boolean running;

    Rates(CurrentRoutes routes, MeterRegistry registry, Scheduler scheduler) {
        this.routes = routes;
        this.registry = registry;
        this.scheduler = scheduler;
    }

    /** The rates of all routes, by id. */
    synchronized Map<String, Rate> now() {
        Reading now = read();
        Reading then = readings.isEmpty() ? now : readings.getFirst();
        double seconds = Math.max(1, (now.nanos() - then.nanos()) / 1e9);
        Map<String, Rate> rates = new HashMap<>();
        now.totals().forEach((route, total) -> {
            Rate before = then.totals().getOrDefault(route, new Rate(0, 0, 0));
            rates.put(
                    route,
                    new Rate(
                            (total.accepted() - before.accepted()) / seconds,
                            (total.attempts() - before.attempts()) / seconds,
                            (total.finished() - before.finished()) / seconds));
        });
        return rates;
    }

    private synchronized void tick() {
        readings.addLast(read());
        if (readings.size() > TICKS) {
            readings.removeFirst();
        }
    }

    private Reading read() {
        Map<String, Double> accepted = sums(registry.find("sluice.accepted").counters(), Counter::count);
        Map<String, Double> attempts = sums(registry.find("sluice.attempts").timers(), Timer::count);
        Map<String, Double> finished =
                sums(registry.find("sluice.jobs.finished").counters(), Counter::count);
        Map<String, Rate> totals = new HashMap<>();
        for (Route route : routes.all()) {
            String id = route.id();
            totals.put(
                    id,
                    new Rate(
                            accepted.getOrDefault(id, 0.0),
                            attempts.getOrDefault(id, 0.0),
                            finished.getOrDefault(id, 0.0)));
        }
        return new Reading(registry.config().clock().monotonicTime(), totals);
    }

    /** The totals by route, all at once: finding the meters of one route means searching all meters. */
    private static <M extends Meter> Map<String, Double> sums(Collection<M> meters, ToDoubleFunction<M> value) {
        Map<String, Double> sums = new HashMap<>();
        for (M meter : meters) {
            String route = meter.getId().getTag("route");
            if (route != null) {
                sums.merge(route, value.applyAsDouble(meter), Double::sum);
            }
        }
        return sums;
    }

    @Override
    public void start() {
        running = true;
        tick();
        ticking.update(
                scheduler.schedulePeriodically(this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS));
    }

    @Override
    public void stop() {
        running = false;
        ticking.update(Disposables.disposed());
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
