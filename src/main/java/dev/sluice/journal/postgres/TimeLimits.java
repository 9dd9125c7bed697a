package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** Renews leases, and records expired leases and deadlines. */
final class TimeLimits {

    private static final int AT_ONCE = 256;

    static final String LOST = Sql.of("lost", Map.of("most", AT_ONCE));

    static final String OVERDUE = Sql.of("overdue", Map.of("most", AT_ONCE));

    static final String NEXT_DEADLINE = Sql.of("next-deadline");

    /** The number of leases renewed in one statement, which bounds how long the end of one of these jobs waits. */
    private static final int RENEWED_AT_ONCE = 500;

    /**
     * The statements that renew leases at the same time. Two thirds of the time of a renewal of thousands of leases are spent
     * in the server; a second statement keeps it busy while the rows of the first are read and its commit is synced.
     */
    static final int RENEWALS_AT_ONCE = 2;

    static final String RENEW = Sql.of("renew");

    private final Database database;
    private final Running running;
    private final Expiry expiry;
    private final Moving moving;

    /** Makes a move in the background; empty if its guard no longer applies. */
    interface Moving {
        Mono<Job> move(JobId id, Guard guard, Transition transition);
    }

    TimeLimits(Database database, Running running, Expiry expiry, Moving moving) {
        this.database = database;
        this.running = running;
        this.expiry = expiry;
        this.moving = moving;
    }

    /** Records the loss of all leases that have expired. */
    void lose() {
        if (look().foundLost()) {
            inSteps(
                    () -> database.read(LOST, row -> Rows.id(row, 0)),
                    id -> moving.move(id, Guard.LEASE_OUT, new Transition.Lose()));
            look(); // for the time of the next check
        }
    }

    private Expiry.Look look() {
        Expiry.Look look =
                database.read(Expiry.LOOK, row -> Expiry.Look.of(row, 0)).get(0);
        expiry.looked(look);
        return look;
    }

    /** Fails overdue jobs; returns the next deadline. */
    Instant failOverdue() {
        failAllOverdue();
        return database.read(NEXT_DEADLINE, row -> Objects.requireNonNullElse(Rows.instant(row, 0), Instant.MAX))
                .get(0);
    }

    void failAllOverdue() {
        inSteps(
                () -> database.read(OVERDUE, row -> Rows.id(row, 0)),
                id -> moving.move(id, Guard.DEADLINE_PASSED, new Transition.MissDeadline()));
    }

    /** Moves what is found until nothing is found. */
    private static void inSteps(Supplier<List<JobId>> finding, Function<JobId, Mono<Job>> move) {
        for (List<JobId> found = finding.get(); !found.isEmpty(); found = finding.get()) {
            Waiting.until(Mono.when(found.stream().map(move).toList()), null);
        }
    }

    /** Partitions jobs for {@link #renew}, in the order in which rows are locked. */
    static List<List<Job>> parts(Collection<Job> claimed) {
        List<Job> all = claimed.stream().sorted(Comparator.comparing(Job::id)).toList();
        List<List<Job>> parts = new ArrayList<>();
        for (int from = 0; from < all.size(); from += RENEWED_AT_ONCE) {
            parts.add(all.subList(from, Math.min(all.size(), from + RENEWED_AT_ONCE)));
        }
        return parts;
    }

    /**
     * Renews leases; returns the lost ones. A job that its holder finishes after {@link Running#renewal} is not
     * reported, because the holder would take it for lost before the end is confirmed on another connection.
     */
    List<JobId> renew(List<Job> part, Duration lease) {
        Set<JobId> held = Set.copyOf(stillHeld(part, lease));
        List<JobId> lost = new ArrayList<>();
        for (Job job : part) {
            if (held.contains(job.id())) {
                running.renewed(job.id(), lease);
            } else if (!running.isMovedMeanwhile(job.id())) {
                running.lost(job.id());
                lost.add(job.id());
            }
        }
        return lost;
    }

    private List<JobId> stillHeld(List<Job> part, Duration lease) {
        Long[] fences = part.stream().map(Job::fence).toArray(Long[]::new);
        return database.read(
                RENEW,
                row -> Rows.id(row, 0),
                Rows.uuids(part.stream().map(Job::id).toList()),
                fences,
                lease.toMillis());
    }
}
