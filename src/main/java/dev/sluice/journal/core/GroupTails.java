package dev.sluice.journal.core;

import dev.sluice.job.GroupId;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The subscribers of {@link dev.sluice.journal.Groups#groupTail}. Publishing never waits for a subscriber, each of which receives the
 * latest number only. Thread-safe.
 */
public final class GroupTails {

    private final Map<GroupId, Set<Follower>> followers = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** The highest number that was emitted to a subscriber, or is about to be. */
    private static final class Follower {

        private final FluxSink<Long> sink;
        private long told;

        Follower(FluxSink<Long> sink) {
            this.sink = sink;
        }

        synchronized void tell(long seq) {
            if (seq > told) {
                told = seq;
                sink.next(seq);
            }
        }
    }

    /**
     * Emits the number of the latest event of a group from the subscription on.
     *
     * @param now reads that number, after the subscription; empty if there is no such group
     * @param scheduler where it is emitted
     */
    public Flux<Long> tail(GroupId id, Mono<Long> now, Scheduler scheduler) {
        return Flux.<Long>create(
                        sink -> {
                            Follower follower = new Follower(sink);
                            add(id, follower);
                            sink.onDispose(() -> remove(id, follower));
                            if (closed) {
                                sink.error(new IllegalStateException("the journal is closed"));
                                return;
                            }
                            now.switchIfEmpty(Mono.fromRunnable(sink::complete)).subscribe(follower::tell, sink::error);
                        },
                        FluxSink.OverflowStrategy.LATEST)
                .publishOn(scheduler, false, 1);
    }

    /** Emits the number of the latest event of a group, which must be readable. One that is not the latest is ignored. */
    public void publish(GroupId id, long seq) {
        each(id, follower -> follower.tell(seq));
    }

    /** Completes the subscribers of a group that was erased. */
    public void erased(GroupId id) {
        each(id, follower -> follower.sink.complete());
    }

    /** Completes all subscribers; later subscriptions fail. */
    public void close() {
        closed = true;
        followers.keySet().forEach(this::erased);
    }

    /** Whether nobody follows any group, for tests. */
    boolean isEmpty() {
        return followers.isEmpty();
    }

    private void each(GroupId id, Consumer<Follower> action) {
        followers.getOrDefault(id, Set.of()).forEach(action);
    }

    private void add(GroupId id, Follower follower) {
        followers.compute(id, (same, others) -> {
            Set<Follower> all = others == null ? ConcurrentHashMap.newKeySet() : others;
            all.add(follower);
            return all;
        });
    }

    private void remove(GroupId id, Follower follower) {
        followers.computeIfPresent(id, (same, all) -> {
            all.remove(follower);
            return all.isEmpty() ? null : all;
        });
    }
}
