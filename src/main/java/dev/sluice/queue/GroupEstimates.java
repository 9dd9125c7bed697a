package dev.sluice.queue;

import dev.sluice.job.Estimate;
import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.journal.Groups;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.MemberPage;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Estimates when the unfinished jobs of a group will be finished, from a sample of them: the first that wait, on each of their
 * routes, and the first that run. As many jobs as wait are expected to wait on these routes in the proportion of the sample, one
 * behind the other. An estimate is made once for all who ask within a second. For any thread.
 */
public final class GroupEstimates {

    private static final int SAMPLE = 20;
    private static final int MOST_PAGES = 4;
    private static final int MOST_GROUPS = 1_000;
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final Groups groups;
    private final JobReader journal;
    private final Estimator estimator;
    private final Clock clock;
    private final Map<GroupId, Shared> shared = new LinkedHashMap<>(16, 0.75f, true); // guarded by itself

    /**
     * An estimate that is made once for all who ask meanwhile.
     *
     * @param made it, shared
     * @param madeAt when it was begun
     */
    private record Shared(Mono<Known> made, Instant madeAt) {}

    /**
     * An estimate, and where jobs in a state begin among those of the group, so that long finished ones are not read again.
     *
     * @param finishAt null if nobody can say
     */
    private record Known(
            long queuedFrom, long runningFrom, @Nullable Instant finishAt) {

        static final Known NOTHING = new Known(0, 0, null);
    }

    /** Some jobs in a state, and where they begin among those of the group. */
    private record Sample(long from, List<Job> jobs) {}

    GroupEstimates(Groups groups, JobReader journal, Estimator estimator, Clock clock) {
        this.groups = groups;
        this.journal = journal;
        this.estimator = estimator;
        this.clock = clock;
    }

    /** When the jobs of a group are expected to be finished; empty if that is unknown, or all are. Signals on any thread. */
    public Mono<Instant> finishAt(Group group) {
        if (group.counts().unfinished() == 0) {
            return Mono.empty();
        }
        return shared(group).made().flatMap(made -> Mono.justOrEmpty(made.finishAt()));
    }

    private Shared shared(Group group) {
        Instant now = clock.instant();
        synchronized (shared) {
            Shared before = shared.get(group.id());
            if (before != null && before.madeAt().plus(FRESH).isAfter(now)) {
                return before;
            }
            Mono<Known> start = before == null ? Mono.just(Known.NOTHING) : before.made();
            Shared next = new Shared(
                    start.flatMap(known -> estimate(group, known, now))
                            .doOnError(error -> forget(group.id()))
                            .cache(),
                    now);
            shared.put(group.id(), next);
            if (shared.size() > MOST_GROUPS) {
                shared.remove(shared.keySet().iterator().next());
            }
            return next;
        }
    }

    /** So that who asks next is not told of the failure, but tries again. */
    private void forget(GroupId id) {
        synchronized (shared) {
            shared.remove(id);
        }
    }

    private Mono<Known> estimate(Group group, Known before, Instant now) {
        Group.Counts counts = group.counts();
        return Mono.zip(
                        sample(group.id(), JobState.QUEUED, counts.queued(), before.queuedFrom()),
                        sample(group.id(), JobState.RUNNING, counts.running(), before.runningFrom()))
                .flatMap(both -> Flux.concat(
                                ofQueued(both.getT1().jobs(), counts.queued(), now),
                                ofRunning(both.getT2().jobs(), now))
                        .collectList()
                        .map(ends -> new Known(both.getT1().from(), both.getT2().from(), last(ends))));
    }

    private Mono<Sample> sample(GroupId id, JobState state, long count, long from) {
        return count == 0 ? Mono.just(new Sample(from, List.of())) : sample(id, state, from, MOST_PAGES);
    }

    private Mono<Sample> sample(GroupId id, JobState state, long from, int pages) {
        return groups.members(id, state, SAMPLE, from)
                .defaultIfEmpty(new MemberPage(List.of(), 0))
                .flatMap(page -> page.jobs().isEmpty() && page.next() > 0 && pages > 1
                        ? sample(id, state, page.next(), pages - 1)
                        : Mono.just(new Sample(from, page.jobs())));
    }

    /** One end for each route: that of the last of its jobs. */
    private Flux<Optional<Instant>> ofQueued(List<Job> sample, long count, Instant now) {
        Map<String, List<Job>> byRoute = new LinkedHashMap<>();
        sample.forEach(job ->
                byRoute.computeIfAbsent(job.route(), route -> new ArrayList<>()).add(job));
        return Flux.fromIterable(byRoute.values()).concatMap(jobs -> {
            long behind = Math.max(1, count * jobs.size() / sample.size()) - 1;
            return journal.find(jobs.get(0).id())
                    .ofType(Lookup.Known.class)
                    .map(first -> end(first.job(), Math.max(1, first.position()) + behind, now));
        });
    }

    private Flux<Optional<Instant>> ofRunning(List<Job> sample, Instant now) {
        return Flux.fromIterable(sample).map(job -> end(job, 0, now));
    }

    private Optional<Instant> end(Job job, long position, Instant now) {
        Estimate estimate = estimator.estimate(job, position, now);
        return Optional.ofNullable(estimate).map(Estimate::finishAt);
    }

    /** Null if one of them is unknown. */
    private static @Nullable Instant last(List<Optional<Instant>> ends) {
        Instant last = null;
        for (Optional<Instant> end : ends) {
            if (end.isEmpty()) {
                return null;
            }
            last = last == null || end.get().isAfter(last) ? end.get() : last;
        }
        return last;
    }
}
