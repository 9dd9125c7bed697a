package dev.sluice.dispatch;

import dev.sluice.queue.JobQueue;
import dev.sluice.route.Route;
import dev.sluice.route.RouteChange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** One {@link RouteLane} for each route, as the routes are now. For any thread. */
final class RouteLanes {

    private final JobQueue queue;
    private final Function<Route, AttemptContext> contexts;
    private final Map<String, RouteLane> byRoute = new ConcurrentHashMap<>();

    /** RouteLanes of routes that are gone, whose attempts may still run. Guarded by this. */
    private final Map<String, RouteLane> retired = new HashMap<>();

    private @Nullable Function<RouteLane, Mono<Void>> pipeline; // guarded by this

    /**
     * Makes it without any lane.
     *
     * @param contexts makes what the attempts of a route share
     */
    RouteLanes(JobQueue queue, Function<Route, AttemptContext> contexts) {
        this.queue = queue;
        this.contexts = contexts;
    }

    /** Opens, changes and retires lanes as the routes have changed. */
    synchronized void follow(RouteChange change) {
        retired.entrySet().removeIf(entry -> entry.getValue().idle() && end(entry.getKey()));
        change.removed().forEach(this::retire);
        change.changed().forEach(this::put);
        change.added().forEach(this::put);
    }

    /** Subscribes to the pipeline of each lane, and to those of later ones when they open. */
    synchronized void start(Function<RouteLane, Mono<Void>> lanePipeline) {
        pipeline = lanePipeline;
        byRoute.values().forEach(lane -> lane.run(lanePipeline.apply(lane)));
    }

    /** Completes when all pipelines have ended. To be called when the queue is closed. */
    synchronized Mono<Void> ended() {
        List<RouteLane> all = new ArrayList<>(byRoute.values());
        all.addAll(retired.values());
        return Mono.whenDelayError(all.stream().map(RouteLane::ended).toList());
    }

    /** What the attempts of a route share; null if there is none of that id. */
    @Nullable
    AttemptContext context(String route) {
        RouteLane lane = byRoute.get(route);
        return lane == null ? null : lane.context();
    }

    /** A job of a route was appended. */
    void appended(String route) {
        AttemptContext context = context(route);
        if (context != null) {
            queue.nudge(context.policy());
        }
    }

    private void retire(Route route) {
        RouteLane lane = byRoute.remove(route.id());
        if (lane != null) {
            lane.retire();
            retired.put(route.id(), lane);
        }
    }

    private boolean end(String route) {
        queue.end(route);
        return true;
    }

    private void put(Route route) {
        AttemptContext context = contexts.apply(route);
        RouteLane known = byRoute.getOrDefault(route.id(), retired.remove(route.id()));
        RouteLane lane = known == null ? new RouteLane(context, queue) : known;
        byRoute.put(route.id(), lane);
        if (known != null) {
            lane.changed(context);
        } else if (pipeline != null) {
            lane.run(pipeline.apply(lane));
        }
    }
}
