package dev.sluice.events;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Groups;
import dev.sluice.journal.JournalUnavailableException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A journal of one group: what happens is for the test to say. */
final class ScriptedGroups {

    static final Instant NOW = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final JobIds IDS = new JobIds(Clock.systemUTC());

    final GroupId id = new GroupId(IDS.next());
    final JobId job = IDS.next();
    final AtomicInteger histories = new AtomicInteger();
    final AtomicInteger read = new AtomicInteger();
    final AtomicInteger finds = new AtomicInteger();
    final AtomicInteger tails = new AtomicInteger();
    final AtomicInteger away = new AtomicInteger(); // so many times a group cannot be looked up
    volatile RuntimeException broken;

    private final List<GroupEvent> events = new ArrayList<>();
    private final Sinks.Many<Long> tail = Sinks.many().multicast().directBestEffort();
    private Group group;
    private boolean erased;

    ScriptedGroups() {
        Group.Spec spec = new Group.Spec(NOW, null, 0, Duration.ofHours(1), null);
        group = new Group(id, spec, 0, NOW, null, null, Group.Counts.NONE);
        change(GroupEvent.Change.CREATED);
    }

    Groups groups() {
        return (Groups) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Groups.class}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "groupHistory" -> history((long) arguments[1]);
                        case "groupTail" -> tail();
                        case "findGroup" -> find();
                        default -> throw new UnsupportedOperationException(method.getName());
                    };
                });
    }

    synchronized Group group() {
        return group;
    }

    private Flux<GroupEvent> history(long after) {
        return Flux.defer(() -> {
            histories.incrementAndGet();
            if (broken != null) {
                return Flux.error(broken);
            }
            synchronized (this) {
                return Flux.fromIterable(List.copyOf(events))
                        .filter(event -> event.seq() > after)
                        .doOnNext(event -> read.incrementAndGet());
            }
        });
    }

    private Flux<Long> tail() {
        return Flux.defer(() -> {
            tails.incrementAndGet();
            return Flux.concat(Mono.fromSupplier(() -> group().lastSeq()), Flux.never())
                    .mergeWith(tail.asFlux())
                    .takeUntilOther(tail.asFlux().ignoreElements());
        });
    }

    private Mono<GroupLookup> find() {
        return Mono.fromSupplier(() -> {
            finds.incrementAndGet();
            if (away.getAndUpdate(times -> Math.max(0, times - 1)) > 0) {
                throw new JournalUnavailableException("away", null);
            }
            synchronized (this) {
                return erased ? new GroupLookup.Expired() : new GroupLookup.Known(group);
            }
        });
    }

    /** So many events of its job, all of which are told at once. */
    void happen(int count) {
        long last = 0;
        for (int i = 0; i < count; i++) {
            happenUnnoticed();
            last = group().lastSeq();
        }
        tail.tryEmitNext(last);
    }

    /** An event of its job on another node, of which this one has not heard yet. */
    synchronized void happenUnnoticed() {
        long next = group.lastSeq() + 1;
        events.add(new GroupEvent.OfJob(next, new JobEvent.Started(job, "reports", next + 100, NOW, 1)));
        group = at(next, group.closedAt(), group.finishedAt());
    }

    void finish() {
        change(GroupEvent.Change.CLOSED);
        change(GroupEvent.Change.FINISHED);
    }

    private void change(GroupEvent.Change change) {
        long last;
        synchronized (this) {
            last = group.lastSeq() + 1;
            boolean end = change == GroupEvent.Change.FINISHED;
            group = at(last, change == GroupEvent.Change.CREATED ? null : NOW, end ? NOW : null);
            events.add(new GroupEvent.OfGroup(last, change, NOW, group));
        }
        tail.tryEmitNext(last);
    }

    private Group at(long last, Instant closed, Instant finished) {
        return new Group(id, group.spec(), last, NOW, closed, finished, group.counts());
    }

    /** Loses an event, as that of a job which is erased. */
    synchronized void lose(long seq) {
        events.removeIf(event -> event.seq() == seq);
    }

    void erase() {
        synchronized (this) {
            erased = true;
            events.clear();
        }
        tail.tryEmitComplete();
    }
}
