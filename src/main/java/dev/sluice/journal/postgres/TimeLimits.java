package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** What time does to jobs: leases that are renewed or run out, and deadlines that pass. */
final class TimeLimits {

    private static final int AT_ONCE = 256;

    private static final String LOST = Sql.of("lost", Map.of("most", AT_ONCE));

    static final String OVERDUE = Sql.of("overdue", Map.of("most", AT_ONCE));

    static final String NEXT_DEADLINE = Sql.of("next-deadline");

    /** So many are renewed in one statement: whoever ends one of them waits no longer than that takes. */
    private static final int RENEWED_AT_ONCE = 500;

    static final String RENEW = Sql.of("renew");

    private final Database database;
    private final Scheduler scheduler;
    private final Running running;
    private final Function<Move.Guard, Function<JobId, Mono<Job>>> moving;

    /**
     * Makes one.
     *
     * @param moving makes the move that belongs to a guard, a lost lease or a missed deadline; empty if it no longer applies
     */
    TimeLimits(
            Database database,
            Scheduler scheduler,
            Running running,
            Function<Move.Guard, Function<JobId, Mono<Job>>> moving) {
        this.database = database;
        this.scheduler = scheduler;
        this.running = running;
        this.moving = moving;
    }

    /** Records the loss of leases that ran out: of some routes, or of all. */
    Mono<Void> lose(@Nullable Collection<String> routes) {
        String[] some = routes == null ? null : routes.toArray(String[]::new);
        return inSteps(
                () -> database.rows(
                        LOST,
                        statement ->
                                some == null ? statement.bindNull("$1", String[].class) : statement.bind("$1", some),
                        row -> Rows.id(row, 0)),
                moving.apply(Move.Guard.LEASE_OUT));
    }

    Mono<Instant> failOverdue() {
        return failAllOverdue()
                .then(Mono.defer(() -> database.rows(
                                NEXT_DEADLINE, statement -> statement, row -> Optional.ofNullable(Rows.instant(row, 0)))
                        .next()))
                .map(next -> next.orElse(Instant.MAX))
                .onErrorMap(Reads::unavailable);
    }

    Mono<Void> failAllOverdue() {
        return inSteps(
                () -> database.rows(OVERDUE, statement -> statement, row -> Rows.id(row, 0)),
                moving.apply(Move.Guard.OVERDUE));
    }

    /** Moves what is found until nothing is found any more. */
    private static Mono<Void> inSteps(Supplier<Flux<JobId>> finding, Function<JobId, Mono<Job>> move) {
        Mono<Long> step = Flux.defer(finding)
                .collectList()
                .flatMap(ids -> Flux.fromIterable(ids).flatMap(move, AT_ONCE).then(Mono.just((long) ids.size())));
        return step.expand(found -> found == 0 ? Mono.empty() : step).then();
    }

    Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        if (claimed.isEmpty()) {
            return Mono.just(List.of());
        }
        List<Job> all = claimed.stream().sorted(Comparator.comparing(Job::id)).toList();
        return Mono.defer(() -> {
                    running.renewalBegins();
                    return renewed(all, lease).doFinally(end -> running.renewalEnds());
                })
                .subscribeOn(scheduler);
    }

    /**
     * A job that its holder finishes while its lease is renewed is not named: the record of its end is on its way to him on
     * another connection, and he would take it for lost.
     */
    private Mono<List<JobId>> renewed(List<Job> all, Duration lease) {
        return Flux.fromIterable(all)
                .buffer(RENEWED_AT_ONCE)
                .concatMap(some -> stillHeld(some, lease))
                .collect(Collectors.toSet())
                .publishOn(scheduler)
                .map(held -> {
                    List<JobId> lost = new ArrayList<>();
                    for (Job job : all) {
                        if (held.contains(job.id())) {
                            running.renewed(job.id(), lease);
                        } else if (!running.isMovedMeanwhile(job.id())) {
                            running.lost(job.id());
                            lost.add(job.id());
                        }
                    }
                    return lost;
                });
    }

    private Flux<JobId> stillHeld(List<Job> some, Duration lease) {
        Long[] fences = some.stream().map(Job::fence).toArray(Long[]::new);
        return database.rows(
                RENEW,
                statement -> statement
                        .bind("$1", Rows.uuids(some.stream().map(Job::id).toList()))
                        .bind("$2", fences)
                        .bind("$3", lease.toMillis()),
                row -> Rows.id(row, 0));
    }

    /** For moves that nobody waits for. */
    static Transition transition(Move.Guard guard) {
        return guard == Move.Guard.OVERDUE ? new Transition.MissDeadline() : new Transition.Lose();
    }
}
