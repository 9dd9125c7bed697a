package dev.sluice.events;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Groups;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Waits for a group on behalf of clients that prefer to wait (RFC 7240, section 4.3). However many wait for one group on this
 * node, it is looked up once for each change, and at most once in {@link #PAUSE}.
 */
public final class GroupWatch {

    /** Between two lookups of a group in which much happens. */
    static final Duration PAUSE = Duration.ofMillis(20);

    private final Groups journal;
    private final GroupStream stream;
    private final EventsMeters meters;
    private final Scheduler scheduler;
    private final Map<GroupId, Flux<GroupLookup>> lookups = new ConcurrentHashMap<>();

    /**
     * Creates a watch.
     *
     * @param stream whoever waits is answered when its readers are disconnected
     * @param scheduler runs the time-outs
     */
    GroupWatch(Groups journal, GroupStream stream, EventsMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.stream = stream;
        this.meters = meters;
        this.scheduler = scheduler;
    }

    /** The group as soon as it is finished or erased; at the latest after {@code atMost}, or when the node stops, as it is. */
    public Mono<GroupLookup> finished(GroupId id, Duration atMost) {
        return changed(id, Long.MAX_VALUE, atMost);
    }

    /**
     * The group as soon as it has an event after the number {@code seen}, or is finished or erased; at the latest after
     * {@code atMost}, or when the node stops, as it is then. Never a group that is older than what the client has: the shared
     * lookups may lag behind, so at a time-out the group is read afresh. Empty if the group is unknown. Errors are those of the
     * journal, where one that is unavailable is read again for half a minute.
     */
    public Mono<GroupLookup> changed(GroupId id, long seen, Duration atMost) {
        return Mono.defer(() -> {
            meters.waiterCame();
            return lookups.computeIfAbsent(id, this::lookups)
                    .filter(found -> isEnough(found, seen))
                    .takeUntilOther(
                            Mono.firstWithSignal(Mono.delay(atMost, scheduler).then(), stream.disconnected()))
                    .next()
                    .switchIfEmpty(Mono.defer(() -> journal.findGroup(id)))
                    .doFinally(signal -> meters.waiterLeft());
        });
    }

    /** How many groups are looked up at present, for tests. */
    int watched() {
        return lookups.size();
    }

    /** Ends with what is left when the group is erased. */
    private Flux<GroupLookup> lookups(GroupId id) {
        return journal.groupTail(id)
                .onBackpressureLatest()
                .concatMap(
                        number ->
                                find(id).concatWith(Mono.delay(PAUSE, scheduler).then(Mono.empty())),
                        1)
                .concatWith(find(id))
                .doFinally(signal -> lookups.remove(id))
                .replay(1)
                .refCount(1);
    }

    /** Whoever waits does not hear of a journal that is away for a moment. */
    private Mono<GroupLookup> find(GroupId id) {
        return Mono.defer(() -> journal.findGroup(id)).retryWhen(WhileAway.retry(scheduler));
    }

    private static boolean isEnough(GroupLookup found, long seen) {
        return !(found instanceof GroupLookup.Known known) || isEnough(known.group(), seen);
    }

    private static boolean isEnough(Group group, long seen) {
        return group.finishedAt() != null || group.lastSeq() > seen;
    }
}
