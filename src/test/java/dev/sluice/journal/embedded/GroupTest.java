package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.TestFollowUps;
import dev.sluice.journal.core.ClaimedRequests;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.Tails;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GroupTest {

    private static final byte[] SET = {1};
    private static final byte[] NEW = {2};

    private final Store store = new MemoryStore(new MemoryBudget(1 << 20));
    private final WorkingSet working = new WorkingSet(
            new JournalClock(Clock.systemUTC(), System::nanoTime), System::nanoTime, new Tails(16), name -> {});

    /** It may have been written although the write failed: its callers were told that it was not. */
    @Test
    void factsOfAGroupThatIsRolledBackAreAsBefore() {
        try (CommitGroup before = new CommitGroup(store, working)) {
            before.setFact(SET, new byte[] {10});
            before.write();
        }
        CommitGroup doubtful = new CommitGroup(store, working);
        doubtful.setFact(SET, new byte[] {11});
        doubtful.setFact(SET, null);
        doubtful.setFact(NEW, new byte[] {12});
        doubtful.write();
        assertThat(store.get(Table.META, SET)).isNull();
        doubtful.rollBack();
        assertThat(store.get(Table.META, SET)).containsExactly(10);
        assertThat(store.get(Table.META, NEW)).isNull();
    }

    @Test
    void anEndThatIsRolledBackLeavesNoFollowUps() {
        JobIds ids = new JobIds(Clock.systemUTC());
        Instant now = working.now();
        JobHead queued = new JobHead(
                new Draft(ids.next(), now).job().accepted(working.nextOrder()), JobHead.NO_KEY, 0, 0, false);
        JobId id = queued.job().id();
        try (CommitGroup before = new CommitGroup(store, working)) {
            before.accept(queued, new ClaimedRequests.Columns(new byte[0], null));
            before.write();
        }
        NewJob caused = new Draft(ids.next(), now).headers("Cookie", "a").job();
        TestFollowUps followUps = new TestFollowUps();
        followUps.ofJobs((before, ended) -> List.of(new FollowUp(caused, new byte[10])));
        CommitGroup doubtful = new CommitGroup(store, working, followUps);
        Objects.requireNonNull(StagedMove.of(queued, Decision.Guard.ANYONE, new Transition.Cancel(), now))
                .stage(doubtful);
        doubtful.write();
        byte[] key = Keys.job(caused.id());
        assertThat(doubtful.caused()).extracting(Job::id).containsExactly(caused.id());
        assertThat(store.get(Table.OPEN, key)).isNotNull();
        assertThat(store.get(Table.DONE, Keys.job(id))).isNotNull();
        doubtful.rollBack();
        assertThat(store.get(Table.OPEN, key)).isNull();
        assertThat(store.get(Table.REQUESTS, key)).isNull();
        assertThat(store.get(Table.CREDENTIALS, key)).isNull();
        assertThat(store.get(Table.DONE, Keys.job(id))).isNull();
        assertThat(store.get(Table.OPEN, Keys.job(id))).isNotNull();
    }

    /** The answer of a later call that was to be discarded, or to become the result, is still to be decided on. */
    @Test
    void anAnswerOfAGroupThatIsRolledBackIsAsBefore() {
        byte[] answer = {5};
        Job job = new Draft(new JobIds(Clock.systemUTC()).next(), working.now())
                .job()
                .accepted(1);
        Job running = job.apply(new Transition.Start(), working.now()).job();
        JobHead answered = new JobHead(
                running.apply(new Transition.Complete(1), working.now()).job(), JobHead.NO_KEY, 0, 3, false);
        byte[] key = Keys.job(job.id());
        try (CommitGroup before = new CommitGroup(store, working)) {
            before.accept(answered, new ClaimedRequests.Columns(new byte[0], null));
            before.put(Table.RESULTS, key, answer);
            before.write();
        }
        CommitGroup doubtful = new CommitGroup(store, working);
        StagedMove.of(answered, Decision.Guard.ANYONE, new Transition.Cancel(), working.now())
                .stage(doubtful);
        doubtful.write();
        assertThat(store.get(Table.RESULTS, key)).isNull();
        doubtful.rollBack();
        assertThat(store.get(Table.RESULTS, key)).isEqualTo(answer);
        assertThat(JobHead.of(job.id(), store.get(Table.OPEN, key)))
                .usingRecursiveComparison()
                .isEqualTo(answered);
    }

    /** Its caller was told that it was not recorded, and records it again. */
    @Test
    void outputOfAGroupThatIsRolledBackIsGone() {
        Streaming streaming = new Streaming();
        CommitGroup begin = new CommitGroup(store, working);
        JobHead begun = streaming.emit(begin, streaming.head, "first");
        begin.write();
        begin.rollBack();
        assertThat(streaming.outputs()).isEmpty();
        assertThat(store.get(Table.RESULTS, streaming.key)).isNull();
        assertThat(streaming.stored(Table.OPEN)).usingRecursiveComparison().isEqualTo(streaming.head);

        try (CommitGroup again = new CommitGroup(store, working)) {
            streaming.emit(again, streaming.head, "first");
            again.write();
        }
        CommitGroup more = new CommitGroup(store, working);
        streaming.emit(more, streaming.emit(more, begun, "second"), "third");
        more.write();
        assertThat(streaming.outputs()).containsExactly(3L, 4L, 5L);
        more.rollBack();
        assertThat(streaming.outputs()).containsExactly(3L);
        assertThat(store.get(Table.RESULTS, streaming.key)).isNotNull();
        assertThat(streaming.stored(Table.OPEN)).usingRecursiveComparison().isEqualTo(begun);
    }

    @Test
    void aStreamWhoseEndIsRolledBackGoesOn() {
        Streaming streaming = new Streaming();
        JobHead begun;
        try (CommitGroup group = new CommitGroup(store, working)) {
            begun = streaming.emit(group, streaming.head, "first");
            group.write();
        }
        byte[] result = store.get(Table.RESULTS, streaming.key);
        CommitGroup doubtful = new CommitGroup(store, working);
        StagedMove.of(begun, Decision.Guard.ANYONE, new Transition.Cancel(), working.now())
                .stage(doubtful);
        doubtful.put(Table.RESULTS, streaming.key, SET);
        doubtful.write();
        doubtful.rollBack();
        assertThat(store.get(Table.RESULTS, streaming.key)).isEqualTo(result);
        assertThat(streaming.outputs()).containsExactly(3L);
        assertThat(streaming.stored(Table.OPEN)).usingRecursiveComparison().isEqualTo(begun);
        assertThat(store.get(Table.DONE, streaming.key)).isNull();
    }

    /** A running job in the store. */
    private final class Streaming {

        private final JobHead head;
        private final byte[] key;

        Streaming() {
            Job job = new Draft(new JobIds(Clock.systemUTC()).next(), working.now())
                    .job()
                    .accepted(1);
            Job running = job.apply(new Transition.Start(), working.now()).job();
            head = new JobHead(running, JobHead.NO_KEY, 0, 0, false);
            key = Keys.job(job.id());
            try (CommitGroup group = new CommitGroup(store, working)) {
                group.accept(head, new ClaimedRequests.Columns(new byte[0], null));
                group.write();
            }
        }

        JobHead emit(CommitGroup group, JobHead before, String text) {
            Job.Step step = before.job().apply(new Transition.Emit(Output.text(text, 1, 0)), working.now());
            JobEvent.Emitted event = (JobEvent.Emitted) step.event();
            JobHead after = before.emitted(step.job(), event.seq());
            group.emit(before, after, List.of(event), new JobResult(200, Headers.NONE));
            return after;
        }

        List<Long> outputs() {
            List<Long> numbers = new ArrayList<>();
            store.scan(Table.OUTPUTS, key, Keys.after(key), (row, block) -> numbers.add(Keys.seq(row)));
            return numbers;
        }

        JobHead stored(Table table) {
            return JobHead.of(head.job().id(), store.get(table, key));
        }
    }

    @Test
    void anAnswerThatWasWrittenByAGroupThatIsRolledBackIsGone() {
        Job job = new Draft(new JobIds(Clock.systemUTC()).next(), working.now())
                .job()
                .accepted(1);
        JobHead running =
                new JobHead(job.apply(new Transition.Start(), working.now()).job(), JobHead.NO_KEY, 0, 0, false);
        byte[] key = Keys.job(job.id());
        CommitGroup doubtful = new CommitGroup(store, working);
        StagedMove.of(running, Decision.Guard.ANYONE, new Transition.Complete(1), working.now())
                .stage(doubtful);
        doubtful.put(Table.RESULTS, key, SET);
        doubtful.write();
        doubtful.rollBack();
        assertThat(store.get(Table.RESULTS, key)).isNull();
    }
}
