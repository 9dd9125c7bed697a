package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.TestFollowUps;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.WorkQueue.Demand;
import dev.sluice.journal.core.ClaimedRequests;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.Tails;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** A step of a job that cannot be read is not taken, nothing of it; other jobs are not concerned. */
class UnreadableTest {

    private static final Duration LEASE = Duration.ofSeconds(10);

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final WorkingSet working =
            new WorkingSet(new JournalClock(clock, clock::nanos), clock::leaseNanos, new Tails(16), unused -> {});
    private final FailedReads store = new FailedReads(new MemoryStore(new MemoryBudget(1 << 20)));
    private final TestFollowUps followUps = new TestFollowUps();
    private final List<Throwable> errors = new ArrayList<>();
    private final Writer writer = new Writer(
            "test-writer", 1 << 20, store, working, followUps, new EmbeddedJournalMeters(new SimpleMeterRegistry()));

    @BeforeEach
    void tellEnds() {
        followUps.ofJobs((before, ended) -> ended.route().equals("told")
                ? List.of()
                : List.of(new FollowUp(
                        new Draft(ids.next(), clock.instant()).route("told").job(), new byte[0])));
    }

    @Test
    void theEndOfAJobThatWasNotWrittenIsNotTold() {
        JobId job = accepted(null).id();
        store.fail(Table.CREDENTIALS, Keys.job(job));
        carry(
                this.<Job>make(sink -> MoveChange.byAnyone(job, new Transition.Cancel(), working, sink)),
                adding("other"));
        assertThat(errors).singleElement().isInstanceOf(JournalUnavailableException.class);
        assertThat(open("told")).isEmpty();
        assertThat(open("other")).hasSize(1);
        assertThat(working.index().backlog().of("told").depth()).isZero();
    }

    @Test
    void ofTheJobsOfAGroupTheOthersAreCancelled() {
        List<JobId> jobs = Stream.generate(() -> accepted(null).id()).limit(3).toList();
        store.fail(Table.CREDENTIALS, Keys.job(jobs.get(1)));
        carry(this.<Void>make(sink -> new CancelMembersChange(jobs, new Transition.Cancel(), working, sink)));
        assertWrittenAndKnown(jobs, 1);
    }

    @Test
    void ofTheJobsThatMissTheirDeadlinesTheOthersFail() {
        List<JobId> jobs = Stream.generate(() -> accepted(Duration.ofSeconds(1)).id())
                .limit(3)
                .toList();
        clock.advance(Duration.ofSeconds(2));
        store.fail(Table.CREDENTIALS, Keys.job(jobs.get(1)));
        carry(this.<Claimed>make(
                sink -> new ClaimChange(Map.of("reports", Demand.of(3)), LEASE, working, writer, sink)));
        assertWrittenAndKnown(jobs, 1);
    }

    @Test
    void ofTheJobsWhoseClaimsExpireTheOthersAreLost() {
        List<JobId> jobs = Stream.generate(() -> accepted(null).id()).limit(3).toList();
        carry(this.<Claimed>make(
                sink -> new ClaimChange(Map.of("reports", Demand.of(3)), LEASE, working, writer, sink)));
        assertThat(jobs).allMatch(id -> working.running(id) != null);
        clock.advance(LEASE.multipliedBy(2));
        store.fail(Table.CREDENTIALS, Keys.job(jobs.get(1)));
        carry(this.<Claimed>make(
                sink -> new ClaimChange(Map.of("reports", Demand.of(3)), LEASE, working, writer, sink)));
        assertThat(errors).isEmpty();
        assertWrittenAndKnown(jobs, 1);
    }

    /** What is on disk of each job is what the journal goes on with. */
    private void assertWrittenAndKnown(List<JobId> jobs, int unreadable) {
        for (int i = 0; i < jobs.size(); i++) {
            byte[] key = Keys.job(jobs.get(i));
            assertThat(store.get(Table.DONE, key) != null).as("job %s ended", i).isEqualTo(i != unreadable);
            assertThat(store.get(Table.OPEN, key) != null)
                    .as("job %s goes on", i)
                    .isEqualTo(i == unreadable);
            assertThat(i == unreadable || working.running(jobs.get(i)) == null).isTrue();
        }
        assertThat(open("told")).hasSize(jobs.size() - 1);
        assertThat(working.index().backlog().of("told").depth()).isEqualTo(jobs.size() - 1);
    }

    private Job accepted(@Nullable Duration deadline) {
        Job job = new Draft(ids.next(), clock.instant())
                .attempts(1)
                .deadlineIn(deadline)
                .job()
                .accepted(working.nextOrder());
        carry(new Added(new JobHead(job, JobHead.NO_KEY, 0, 0, true)));
        return job;
    }

    private Change adding(String route) {
        Job job = new Draft(ids.next(), clock.instant()).route(route).job().accepted(working.nextOrder());
        return new Added(new JobHead(job, JobHead.NO_KEY, 0, 0, false));
    }

    private List<Job> open(String route) {
        List<Job> jobs = new ArrayList<>();
        store.scan(
                Table.OPEN,
                CommitGroup.NOTHING,
                null,
                (key, value) ->
                        jobs.add(JobHead.of(JobId.fromBytes(key, 0), value).job()));
        return jobs.stream()
                .filter(job -> job.route().equals(route) && job.state() == JobState.QUEUED)
                .toList();
    }

    private void carry(Change... changes) {
        writer.carry(List.of(changes));
    }

    private <T> Change make(Function<MonoSink<T>, Change> making) {
        List<Change> made = new ArrayList<>();
        Mono.<T>create(sink -> made.add(making.apply(sink))).subscribe(done -> {}, errors::add);
        return made.get(0);
    }

    private final class Added implements Change {

        private final JobHead head;

        private Added(JobHead head) {
            this.head = head;
        }

        @Override
        public void stage(CommitGroup group) {
            group.accept(head, new ClaimedRequests.Columns(new byte[0], null));
            if (head.credentials()) {
                group.put(
                        Table.CREDENTIALS,
                        Keys.job(head.job().id()),
                        JobCodec.headers(Headers.of("Authorization", "Bearer x")));
            }
        }

        @Override
        public void committed() {
            working.accepted(head.job(), false);
        }

        @Override
        public void failed(Throwable error) {
            errors.add(error);
        }
    }
}
