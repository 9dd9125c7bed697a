package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.GroupTails;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Tells how far groups are that somebody follows: reads that when this node has recorded events of them, when another one hints
 * that it has, and periodically. One read at a time, with a pause after it; what is recorded meanwhile leads to another one
 * afterwards. Thread-safe.
 */
final class GroupFeed {

    private static final Logger log = LoggerFactory.getLogger(GroupFeed.class);

    private static final int LOOKED_AT_ONCE = 2_000;

    /** Between two reads, if there is something to be read all the time. */
    private static final Duration PAUSE = Duration.ofMillis(10);

    static final String LATEST = Sql.of("group-latest");

    /** Notifies other nodes. */
    interface Herald {
        void recordedOf(Collection<GroupId> groups);
    }

    private final Database database;
    private final Herald herald;
    private final Workers workers;
    private final Scheduler listeners;
    private final GroupTails tails = new GroupTails();
    private final Map<GroupId, Integer> followed = new ConcurrentHashMap<>();

    // Guarded by the monitor of this.
    private final Set<GroupId> wanted = new HashSet<>();
    private boolean reading;

    GroupFeed(Database database, Herald herald, Workers workers, Scheduler listeners) {
        this.database = database;
        this.herald = herald;
        this.workers = workers;
        this.listeners = listeners;
    }

    /** As {@link dev.sluice.journal.Groups#groupTail}. */
    Flux<Long> tail(GroupId id) {
        Mono<Long> now = workers.run(() -> latest(List.of(id)).get(id)).onErrorMap(Faults::told);
        return Flux.using(
                () -> followed.merge(id, 1, Integer::sum),
                followers -> tails.tail(id, now, listeners),
                followers -> followed.computeIfPresent(id, (same, many) -> many == 1 ? null : many - 1));
    }

    /** This node recorded events of these groups, which are committed. */
    void touched(Collection<GroupId> groups) {
        if (!groups.isEmpty()) {
            herald.recordedOf(groups);
            hinted(groups);
        }
    }

    /** This node recorded a move, which is committed. */
    void recorded(Decision.Step move) {
        GroupId group = move.after().spec().group();
        if (group != null && move.event() != null && !(move.event() instanceof JobEvent.Emitted)) {
            touched(Set.of(group));
        }
    }

    /** This node accepted or started these jobs, which is committed. */
    void recorded(Collection<Job> jobs) {
        touched(jobs.stream()
                .map(job -> job.spec().group())
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .collect(Collectors.toSet()));
    }

    /** Another node recorded events of these groups. */
    void hinted(Collection<GroupId> groups) {
        List<GroupId> wanting = groups.stream().filter(followed::containsKey).toList();
        if (!wanting.isEmpty()) {
            want(wanting);
        }
    }

    /** Checks all followed groups for events without a hint. Blocks. */
    void look() {
        List<GroupId> all = List.copyOf(followed.keySet());
        for (int from = 0; from < all.size(); from += LOOKED_AT_ONCE) {
            read(all.subList(from, Math.min(all.size(), from + LOOKED_AT_ONCE)));
        }
    }

    /** Completes all subscribers. */
    void close() {
        tails.close();
    }

    private synchronized void want(Collection<GroupId> groups) {
        wanted.addAll(groups);
        readNext();
    }

    private synchronized void readNext() {
        if (reading || wanted.isEmpty()) {
            return;
        }
        reading = true;
        List<GroupId> next = new ArrayList<>(wanted);
        wanted.clear();
        workers.run(() -> {
                    read(next);
                    return true;
                })
                .onErrorResume(error -> {
                    log.debug("How far groups are is read again with the next round: {}", error.getMessage());
                    return Mono.empty();
                })
                .then(Mono.delay(PAUSE, listeners))
                .subscribe(passed -> wasRead(), error -> log.debug("The journal is closed: {}", error.getMessage()));
    }

    private synchronized void wasRead() {
        reading = false;
        readNext();
    }

    private void read(List<GroupId> groups) {
        Map<GroupId, Long> latest = latest(groups);
        for (GroupId id : groups) {
            Long seq = latest.get(id);
            if (seq == null) {
                tails.erased(id);
            } else {
                tails.publish(id, seq);
            }
        }
    }

    /** Returns the numbers of the latest events of those groups that are not erased. */
    private Map<GroupId, Long> latest(List<GroupId> groups) {
        return database
                .read(LATEST, row -> Map.entry(new GroupId(Rows.id(row, 0)), Rows.number(row, 1)), (Object)
                        GroupRows.uuids(groups))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
