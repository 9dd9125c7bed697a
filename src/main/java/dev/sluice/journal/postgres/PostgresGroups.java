package dev.sluice.journal.postgres;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobState;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Groups;
import dev.sluice.journal.MemberPage;
import dev.sluice.journal.NewGroup;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The groups of the journal. */
final class PostgresGroups implements Groups {

    private final Calls calls;
    private final GroupStore store;
    private final GroupReads reads;
    private final GroupSteps steps;
    private final GroupFeed feed;

    PostgresGroups(Calls calls, GroupStore store, GroupReads reads, GroupSteps steps, GroupFeed feed) {
        this.calls = calls;
        this.store = store;
        this.reads = reads;
        this.steps = steps;
        this.feed = feed;
    }

    @Override
    public Mono<Group> createGroup(NewGroup group) {
        return calls.again(() -> store.create(group));
    }

    @Override
    public Mono<GroupLookup> findGroup(GroupId id) {
        return calls.run(() -> store.find(id));
    }

    @Override
    public Mono<Group> closeGroup(GroupId id) {
        return calls.again(() -> {
            store.close(List.of(id), Long.MAX_VALUE, null);
            return store.group(id);
        });
    }

    @Override
    public Mono<Group> cancelGroup(GroupId id) {
        Mono<Group> cancelled = Mono.defer(() -> steps.cancel(id));
        return calls.settled(cancelled, cancelled);
    }

    @Override
    public Mono<Boolean> eraseGroup(GroupId id) {
        return calls.settled(Mono.defer(() -> steps.erase(id)), Mono.defer(() -> steps.eraseAgain(id)));
    }

    @Override
    public Mono<MemberPage> members(GroupId id, @Nullable JobState state, int limit, long from) {
        return calls.run(() -> reads.members(id, state, limit, from));
    }

    @Override
    public Flux<GroupEvent> groupHistory(GroupId id, long after) {
        return calls.stream(() -> reads.history(id, after));
    }

    @Override
    public Flux<Long> groupTail(GroupId id) {
        return calls.stream(() -> feed.tail(id));
    }

    @Override
    public Mono<Void> tendGroups(Duration idle) {
        return calls.call(Mono.defer(() -> steps.tend(idle)));
    }
}
