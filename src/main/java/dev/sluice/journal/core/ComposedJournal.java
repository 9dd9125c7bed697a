package dev.sluice.journal.core;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.Ending;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Groups;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.MemberPage;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.SharedValues;
import dev.sluice.journal.StandingClaim;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.WorkQueue;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A journal made of one object for each part of the port. It forwards every call to the part that the call belongs to;
 * what remains to be implemented is opening, upkeep and closing.
 */
public abstract class ComposedJournal implements Journal {

    /** Returns the part that accepts jobs. */
    protected abstract JobIntake intake();

    /** Returns the part that hands jobs out to workers. */
    protected abstract WorkQueue work();

    /** Returns the part that reads jobs. */
    protected abstract JobReader reader();

    /** Returns the part that keeps groups of jobs. */
    protected abstract Groups groups();

    /** Returns the part that keeps the values shared by nodes. */
    protected abstract SharedValues values();

    @Override
    public Mono<Appended> append(NewJob job, Flux<byte[]> body) {
        return intake().append(job, body);
    }

    @Override
    public boolean hasRoom() {
        return intake().hasRoom();
    }

    @Override
    public Mono<Boolean> holds(IdempotencyKey key) {
        return intake().holds(key);
    }

    @Override
    public Mono<Job> report(JobId id, Transition.Report report) {
        return intake().report(id, report);
    }

    @Override
    public Mono<Job> complete(JobId id, int attempt, JobResult head, Flux<byte[]> body) {
        return intake().complete(id, attempt, head, body);
    }

    @Override
    public Mono<Job> hear(JobId id, int attempt) {
        return intake().hear(id, attempt);
    }

    @Override
    public Mono<Job> cancel(JobId id) {
        return intake().cancel(id);
    }

    @Override
    public Mono<Job> cancelToForget(JobId id) {
        return intake().cancelToForget(id);
    }

    @Override
    public Mono<Boolean> forget(JobId id) {
        return intake().forget(id);
    }

    @Override
    public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        return work().claim(demand, lease);
    }

    @Override
    public StandingClaim stand(Map<String, Demand> demand, Duration lease) {
        return work().stand(demand, lease);
    }

    @Override
    public Mono<Claimed> resume(Map<String, Integer> room, Duration lease) {
        return work().resume(room, lease);
    }

    @Override
    public Mono<Completed> answered(Job claimed) {
        return work().answered(claimed);
    }

    @Override
    public Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        return work().renew(claimed, lease);
    }

    @Override
    public Mono<Job> record(Job claimed, Transition move) {
        return work().record(claimed, move);
    }

    @Override
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return work().receive(claimed, body);
    }

    @Override
    public Mono<ReceivedBody> stream(Job claimed, JobResult head, Flux<List<Output>> batches) {
        return work().stream(claimed, head, batches);
    }

    @Override
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        return work().finish(claimed, ending, body);
    }

    @Override
    public Mono<Instant> failOverdue() {
        return work().failOverdue();
    }

    @Override
    public void offer(String route) {
        work().offer(route);
    }

    @Override
    public Flux<String> offers() {
        return work().offers();
    }

    @Override
    public Mono<Lookup> find(JobId id) {
        return reader().find(id);
    }

    @Override
    public Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return reader().list(filter, limit, before);
    }

    @Override
    public Mono<StoredRequest> request(JobId id) {
        return reader().request(id);
    }

    @Override
    public Mono<StoredResult> result(JobId id) {
        return reader().result(id);
    }

    @Override
    public Mono<Answer> answer(JobId id) {
        return reader().answer(id);
    }

    @Override
    public Flux<JobEvent> history(JobId id, long after) {
        return reader().history(id, after);
    }

    @Override
    public Flux<JobEvent> tail(Interest interest) {
        return reader().tail(interest);
    }

    @Override
    public Backlog backlog() {
        return reader().backlog();
    }

    @Override
    public Mono<Group> createGroup(NewGroup group) {
        return groups().createGroup(group);
    }

    @Override
    public Mono<GroupLookup> findGroup(GroupId id) {
        return groups().findGroup(id);
    }

    @Override
    public Mono<Group> closeGroup(GroupId id) {
        return groups().closeGroup(id);
    }

    @Override
    public Mono<Group> cancelGroup(GroupId id) {
        return groups().cancelGroup(id);
    }

    @Override
    public Mono<Boolean> eraseGroup(GroupId id) {
        return groups().eraseGroup(id);
    }

    @Override
    public Mono<MemberPage> members(GroupId id, @Nullable JobState state, int limit, long from) {
        return groups().members(id, state, limit, from);
    }

    @Override
    public Flux<GroupEvent> groupHistory(GroupId id, long after) {
        return groups().groupHistory(id, after);
    }

    @Override
    public Flux<Long> groupTail(GroupId id) {
        return groups().groupTail(id);
    }

    @Override
    public Mono<Void> tendGroups(Duration idle) {
        return groups().tendGroups(idle);
    }

    @Override
    public Mono<Void> putShared(String name, byte[] value) {
        return values().putShared(name, value);
    }

    @Override
    public Mono<Void> removeShared(Collection<String> names) {
        return values().removeShared(names);
    }

    @Override
    public Map<String, byte[]> shared() {
        return values().shared();
    }

    @Override
    public Flux<Map<String, byte[]>> sharedValues() {
        return values().sharedValues();
    }
}
