package dev.sluice.protection;

import dev.sluice.job.Job;
import dev.sluice.journal.SharedValues;
import dev.sluice.route.CallPolicy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What backends and operators hold back, put together as the configuration does it for one node. */
public final class HoldsRig implements AutoCloseable {

    private final Clock clock;
    public final Holds holds;
    public final Pauses pauses;
    public final List<RouteEvent> events = new CopyOnWriteArrayList<>();
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    public HoldsRig(SharedValues values, Changes changes, Clock clock) {
        this.clock = clock;
        RouteEvents all = new RouteEvents();
        all.follow().subscribe(events::add);
        HoldMeters meters = new HoldMeters(registry);
        holds = new Holds(values, all, changes, meters, clock);
        pauses = new Pauses(values, all, changes, meters, clock);
    }

    /** The call of a job was answered 503 with a Retry-After. */
    public void unavailable(CallPolicy policy, Job job, Instant until) {
        ended(policy, job, EndedCall.End.UNAVAILABLE, until);
    }

    /** The call of a job was answered 429 with a Retry-After. */
    public void limited(CallPolicy policy, Job job, Instant until) {
        ended(policy, job, EndedCall.End.LIMITED, until);
    }

    private void ended(CallPolicy policy, Job job, EndedCall.End end, Instant until) {
        holds.ended(policy, new EndedCall(job, end, Duration.ZERO, 0, until), clock.instant());
    }

    /** What happened, as {@code route change}. */
    List<String> changes() {
        return events.stream()
                .map(event -> event.route() + " " + event.change())
                .toList();
    }

    @Override
    public void close() {
        holds.close();
        pauses.close();
    }
}
