package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobState;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.Tails;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** However many events its jobs have, the erasure of a group does not hold up the writer. */
class EraseStepsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final WorkingSet working =
            new WorkingSet(new JournalClock(clock, clock::nanos), clock::leaseNanos, new Tails(16), unused -> {});
    private final MemoryStores stores = new MemoryStores(1 << 20);
    private final EmbeddedJournalMeters meters = new EmbeddedJournalMeters(new SimpleMeterRegistry());
    private final Writer writer = new Writer("test-writer", 1 << 20, stores.main(), working, FollowUps.NONE, meters);
    private final EmbeddedPieceStore bodies = new EmbeddedPieceStore(
            new Writer("test-bodies", 1 << 20, stores.bodies(), working, FollowUps.NONE, meters));

    @Test
    void aStepErasesAboutAsManyRowsAsOneOfAPurge() {
        List<JobId> jobs = Stream.generate(this::finished).limit(4).toList();
        AtomicReference<Change> made = new AtomicReference<>();
        Mono<Void> erased = Mono.<Void>create(sink ->
                        made.set(new EraseMembersChange(jobs, new JobEraser(working, writer, bodies), writer, sink)))
                .cache();
        erased.subscribe();
        writer.carry(List.of(made.get()));
        assertThat(jobs.stream().map(this::isErased)).containsExactly(true, true, false, false);
        writer.start();
        erased.block(LIMIT);
        assertThat(jobs).allMatch(this::isErased);
        writer.close();
    }

    private boolean isErased(JobId id) {
        return stores.main().get(Table.DONE, Keys.job(id)).length == 0;
    }

    private JobId finished() {
        Job queued = new Draft(ids.next(), clock.instant()).job().accepted(working.nextOrder());
        Job job = new Job(
                queued.id(),
                queued.route(),
                queued.order(),
                queued.spec(),
                queued.status().toBuilder()
                        .state(JobState.SUCCEEDED)
                        .lastSeq(700)
                        .finishedAt(clock.instant())
                        .build());
        try (Store.Batch batch = stores.main().batch()) {
            batch.put(
                    Table.DONE,
                    Keys.job(job.id()),
                    new JobHead(job, JobHead.NO_KEY, 0, 0, false, new StoredEvents(700, 0, 0, 0)).bytes());
            stores.main().write(batch, true);
        }
        return job.id();
    }
}
