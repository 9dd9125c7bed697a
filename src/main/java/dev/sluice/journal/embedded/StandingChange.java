package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.Transition;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.PerTurn;
import dev.sluice.journal.StandingClaim;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.WorkQueue.Demand;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A claim that stands at the writer until a group accepts jobs that it can start, which it then does in that group. It is the last
 * change of the group.
 */
final class StandingChange implements Change, StandingClaim {

    private static final Logger log = LoggerFactory.getLogger(StandingChange.class);

    private final Map<String, Demand> demand;
    private final Duration lease;
    private final WorkingSet working;
    private final Writer writer;
    private final Sinks.One<Claimed> claimed = Sinks.one();
    private final StagedMoves started = new StagedMoves();
    private final List<CommitGroup.Accepted> requests = new ArrayList<>(); // of the started
    private boolean more;

    StandingChange(Map<String, Demand> demand, Duration lease, WorkingSet working, Writer writer) {
        this.demand = demand;
        this.lease = lease;
        this.working = working;
        this.writer = writer;
    }

    @Override
    public Mono<Claimed> claimed() {
        return claimed.asMono();
    }

    @Override
    public boolean withdraw() {
        return writer.withdraw(this);
    }

    /** Whether the group has anything for it: then it is to be staged, unless it is withdrawn. */
    boolean concerns(CommitGroup group) {
        return group.accepted().stream()
                        .anyMatch(accepted -> demand.containsKey(accepted.job().route()))
                || requeues(group);
    }

    private boolean requeues(CommitGroup group) {
        return group.requeued().stream().anyMatch(demand::containsKey);
    }

    @Override
    public void stage(CommitGroup group) {
        writer.looked();
        more = requeues(group);
        Instant now = working.now();
        Map<String, List<Job>> byRoute = new HashMap<>();
        for (CommitGroup.Accepted accepted : group.accepted()) {
            Job job = accepted.job();
            byRoute.computeIfAbsent(job.route(), route -> new ArrayList<>()).add(job);
        }
        byRoute.forEach((route, jobs) -> {
            Demand asked = demand.get(route);
            if (asked != null) {
                start(route, asked, jobs, group, now);
            }
        });
        started.stage();
        started.all().forEach(moved -> group.start(moved.after().job().id()));
        group.accepted().stream()
                .filter(accepted -> group.starts(accepted.job().id()))
                .forEach(requests::add);
    }

    /** Starts all jobs of a route that the group accepts, or none: which is the first of them is for the index to say. */
    private void start(String route, Demand asked, List<Job> jobs, CommitGroup group, Instant now) {
        int room = Math.min(asked.room(), asked.limit() - group.jobs().running(route));
        boolean all = jobs.size() <= room
                && jobs.stream().allMatch(job -> isStartable(job, asked, now))
                && isWithin(asked.perTurn(), jobs)
                && working.index().isIdle(route, now.toEpochMilli());
        if (!all) {
            more = true;
            return;
        }
        for (Job job : jobs) {
            try {
                JobHead head = Objects.requireNonNull(group.jobs().open(job.id()));
                started.read(
                        Objects.requireNonNull(StagedMove.of(head, Guard.ANYONE, new Transition.Start(), now)), group);
            } catch (JournalUnavailableException e) {
                log.warn("Job {} is not started as it is accepted: {}", job.id(), e.getMessage());
                more = true;
            }
        }
    }

    private static boolean isStartable(Job job, Demand asked, Instant now) {
        Instant overdue = job.overdueAt();
        return !job.dueAt().isAfter(now)
                && (overdue == null || overdue.isAfter(now))
                && !asked.held().contains(job.spec().caller());
    }

    private static boolean isWithin(PerTurn most, List<Job> jobs) {
        if (most.equals(PerTurn.ANY)) {
            return true;
        }
        Map<Long, Integer> started = new HashMap<>();
        return jobs.stream()
                .allMatch(job -> started.merge(job.spec().turn(), 1, Integer::sum)
                        <= most.of(job.spec().turn()));
    }

    /** Ends it without a job, because there may be some for another claim. */
    void leave() {
        claimed.emitValue(new Claimed(List.of(), Instant.MAX, true), Sinks.EmitFailureHandler.FAIL_FAST);
    }

    @Override
    public void committed() {
        requests.forEach(accepted -> working.requests().remember(accepted.job().id(), accepted.request()));
        List<Job> jobs = new ArrayList<>();
        for (StagedMove moved : started.all()) {
            working.claimed(moved, lease);
            jobs.add(moved.after().job());
        }
        Instant nextDueAt = ClaimingChange.earliest(demand.keySet(), working.index()::nextDue);
        claimed.emitValue(new Claimed(jobs, nextDueAt, more), Sinks.EmitFailureHandler.FAIL_FAST);
    }

    @Override
    public void failed(Throwable error) {
        claimed.emitError(error, Sinks.EmitFailureHandler.FAIL_FAST);
    }
}
