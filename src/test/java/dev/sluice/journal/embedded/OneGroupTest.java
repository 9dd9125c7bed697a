package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.Tails;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** Changes of one group see each other. */
class OneGroupTest {

    private static final Duration LEASE = Duration.ofSeconds(30);

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final WorkingSet working =
            new WorkingSet(new JournalClock(clock, clock::nanos), clock::leaseNanos, new Tails(16), unused -> {});
    private final MemoryStores stores = new MemoryStores(1 << 20);
    private final EmbeddedJournalMeters meters = new EmbeddedJournalMeters(new SimpleMeterRegistry());
    private final Writer writer = new Writer("test-writer", 1 << 20, stores.main(), working, FollowUps.NONE, meters);
    private final EmbeddedPieceStore bodies = new EmbeddedPieceStore(
            new Writer("test-bodies", 1 << 20, stores.bodies(), working, FollowUps.NONE, meters));

    private final JobEraser eraser = new JobEraser(working, writer, bodies);

    @Test
    void anErasedJobIsNotReplayedByARequestBesideIt() {
        JobId first = created(carried(this::append)).id();
        AtomicReference<Boolean> erased = new AtomicReference<>();
        AtomicReference<Appended> second = new AtomicReference<>();
        this.<Job>carried(sink -> MoveChange.byAnyone(first, new Transition.Cancel(), working, sink));
        writer.carry(List.of(make(erased, sink -> new EraseChange(first, eraser, sink)), make(second, this::append)));
        assertThat(erased.get()).isTrue();
        assertThat(created(second.get()).id()).isNotEqualTo(first);
        Appended third = carried(this::append);
        assertThat(third).isInstanceOf(Appended.Replayed.class);
        assertThat(((Appended.Replayed) third).job().id())
                .isEqualTo(created(second.get()).id());
    }

    @Test
    void oneOfTwoEqualRequestsBecomesAJob() {
        AtomicReference<Appended> one = new AtomicReference<>();
        AtomicReference<Appended> two = new AtomicReference<>();
        writer.carry(List.of(make(one, this::append), make(two, this::append)));
        assertThat(((Appended.Replayed) two.get()).job()).isEqualTo(created(one.get()));
        assertThat(created(one.get()).state()).isEqualTo(JobState.QUEUED);
    }

    @Test
    void oneErasureOfTwoErases() {
        JobId id = created(carried(this::append)).id();
        this.<Job>carried(sink -> MoveChange.byAnyone(id, new Transition.Cancel(), working, sink));
        AtomicReference<Boolean> one = new AtomicReference<>();
        AtomicReference<Boolean> two = new AtomicReference<>();
        writer.carry(List.of(
                make(one, sink -> new EraseChange(id, eraser, sink)),
                make(two, sink -> new EraseChange(id, eraser, sink))));
        assertThat(one.get() ^ two.get()).isTrue();
    }

    @Test
    void aPurgeLeavesTheKeyToAJobThatTookItMeanwhile() {
        JobId first = created(carried(this::append)).id();
        PurgeChange step = purgeOf(first);
        clock.advance(JobIntake.KEY_HOLDS.plusHours(1));
        JobId second = created(carried(this::append)).id();
        writer.carry(List.of(step));
        assertThat(step.outcome().block().erased()).isEqualTo(1);
        Appended third = carried(this::append);
        assertThat(((Appended.Replayed) third).job().id()).isEqualTo(second);
    }

    @Test
    void aPurgeLeavesTheKeyToAJobThatTakesItBesideIt() {
        JobId first = created(carried(this::append)).id();
        PurgeChange step = purgeOf(first);
        clock.advance(JobIntake.KEY_HOLDS.plusHours(1));
        AtomicReference<Appended> second = new AtomicReference<>();
        writer.carry(List.of(make(second, this::append), step));
        assertThat(((Appended.Replayed) carried(this::append)).job().id())
                .isEqualTo(created(second.get()).id());
    }

    @Test
    void aPurgeLeavesTheKeyOfWhatWasErasedMeanwhileToTheNextJob() {
        JobId first = created(carried(this::append)).id();
        PurgeChange step = purgeOf(first);
        this.<Boolean>carried(sink -> new EraseChange(first, eraser, sink));
        JobId second = created(carried(this::append)).id();
        writer.carry(List.of(step));
        assertThat(((Appended.Replayed) carried(this::append)).job().id()).isEqualTo(second);
    }

    @Test
    void aPurgeFreesTheKeyOfWhatItErases() {
        JobId first = created(carried(this::append)).id();
        writer.carry(List.of(purgeOf(first)));
        assertThat(created(carried(this::append)).id()).isNotEqualTo(first);
    }

    @Test
    void whatWasErasedSinceAPurgeLookedAtItIsCountedOnce() {
        JobId id = created(carried(this::append)).id();
        PurgeChange before = purgeOf(id);
        PurgeChange beside = purge(id);
        AtomicReference<Boolean> erased = new AtomicReference<>();
        writer.carry(List.of(make(erased, sink -> new EraseChange(id, eraser, sink)), beside));
        writer.carry(List.of(before));
        assertThat(erased.get()).isTrue();
        assertThat(beside.outcome().block().erased()).isZero();
        assertThat(before.outcome().block().erased()).isZero();
    }

    /** Which of them is to be started first is not for the order of submission to say. */
    @Test
    void allJobsThatAGroupAcceptsAreStartedOrNone() {
        assertThat(startedOfTwo(1)).containsOnly(false);
        this.<WorkQueue.Claimed>carried(sink -> new ClaimChange(demand(2), LEASE, working, writer, sink));
        assertThat(startedOfTwo(2)).containsOnly(true);
    }

    private List<Boolean> startedOfTwo(int room) {
        StandingChange claim = new StandingChange(demand(room), LEASE, working, writer);
        writer.stand(claim);
        AtomicReference<Appended> one = new AtomicReference<>();
        AtomicReference<Appended> two = new AtomicReference<>();
        writer.carry(List.of(make(one, this::appendWithoutKey), make(two, this::appendWithoutKey)));
        List<Boolean> started =
                List.of(((Appended.Created) one.get()).started(), ((Appended.Created) two.get()).started());
        WorkQueue.Claimed claimed = Objects.requireNonNull(claim.claimed().block(LEASE));
        assertThat(claimed.jobs()).hasSize(started.get(0) ? 2 : 0);
        assertThat(claimed.more()).isEqualTo(!started.get(0));
        return started;
    }

    private static Map<String, WorkQueue.Demand> demand(int room) {
        return Map.of("r", WorkQueue.Demand.of(room));
    }

    /** Ends a job and prepares to purge it. */
    private PurgeChange purgeOf(JobId id) {
        this.<Job>carried(sink -> MoveChange.byAnyone(id, new Transition.Cancel(), working, sink));
        return purge(id);
    }

    private PurgeChange purge(JobId id) {
        PurgeChange step = new PurgeChange(stores.main().batch(), writer, eraser);
        JobHead done = JobHead.of(id, stores.main().get(Table.DONE, Keys.job(id)));
        step.erase(done, stores.main().get(Table.KEYS, done.key()));
        return step;
    }

    private static Job created(Appended appended) {
        return ((Appended.Created) appended).job();
    }

    private Change append(MonoSink<Appended> sink) {
        return appended(new Draft(ids.next(), clock.instant()).route("r").key("k"), sink);
    }

    private Change appendWithoutKey(MonoSink<Appended> sink) {
        return appended(new Draft(ids.next(), clock.instant()).route("r"), sink);
    }

    private Change appended(Draft draft, MonoSink<Appended> sink) {
        NewJob job = draft.job();
        Body none = new Body(0, 0, new byte[0]);
        return new AppendChange(job, none, new Fingerprint(job.request()), working, bodies, eraser, sink);
    }

    private <T> T carried(Function<MonoSink<T>, Change> making) {
        AtomicReference<T> outcome = new AtomicReference<>();
        writer.carry(List.of(make(outcome, making)));
        return outcome.get();
    }

    private static <T> Change make(AtomicReference<T> outcome, Function<MonoSink<T>, Change> making) {
        AtomicReference<Change> made = new AtomicReference<>();
        Mono.<T>create(sink -> made.set(making.apply(sink))).subscribe(outcome::set);
        return made.get();
    }
}
