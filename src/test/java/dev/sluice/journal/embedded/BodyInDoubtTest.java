package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobResult;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.Tails;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** A body whose head may have been written is there until it is certain that it was not: a restart may find the head. */
class BodyInDoubtTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final WorkingSet working =
            new WorkingSet(new JournalClock(clock, clock::nanos), clock::leaseNanos, new Tails(16), unused -> {});
    private final FailedWrites main = new FailedWrites(new MemoryStore(new MemoryBudget(1 << 20)));
    private final Store pieces = new MemoryStore(new MemoryBudget(1 << 20));
    private final EmbeddedJournalMeters meters = new EmbeddedJournalMeters(new SimpleMeterRegistry());
    private final Writer writer = new Writer("test-writer", 1 << 20, main, working, FollowUps.NONE, meters);
    private final Writer bodyWriter = new Writer("test-bodies", 1 << 20, pieces, working, FollowUps.NONE, meters);
    private final EmbeddedPieceStore bodies = new EmbeddedPieceStore(bodyWriter);
    private final List<Throwable> errors = new ArrayList<>();

    @AfterEach
    void close() {
        bodyWriter.close();
    }

    @Test
    void theBodyOfARequestAndThatOfACompletionStayUntilTheyAreRolledBack() {
        bodyWriter.start();
        NewJob job = new Draft(ids.next(), clock.instant()).job();
        NewJob other = new Draft(ids.next(), clock.instant()).job();
        BodyName request = BodyName.request(other.id());
        BodyName answer = new BodyName(job.id(), 7);
        Body body = new Body(3, 1, CommitGroup.NOTHING);
        bodies.write(request, 0, List.of(new byte[3])).block(LIMIT);
        bodies.write(answer, 0, List.of(new byte[3])).block(LIMIT);

        main.failNext();
        writer.carry(List.of(
                this.<Appended>make(sink -> new AppendChange(
                        other, body, null, working, bodies, new JobEraser(working, writer, bodies), sink)),
                this.<Job>make(sink -> MoveChange.completing(
                        new Transition.Complete(3),
                        new JobResult(200, Headers.NONE),
                        new ReceivedResponse(answer, 1, body),
                        () -> bodies.discard(answer),
                        working,
                        sink))));
        assertThat(errors).hasSize(2);
        bodies.write(BodyName.request(ids.next()), 0, List.of(new byte[1])).block(LIMIT); // after what was submitted
        assertThat(isStored(request)).isTrue();
        assertThat(isStored(answer)).isTrue();

        Awaitility.await().atMost(LIMIT).until(() -> writer.idle() == Long.MAX_VALUE);
        bodies.write(BodyName.request(ids.next()), 0, List.of(new byte[1])).block(LIMIT);
        assertThat(isStored(request)).isFalse();
        assertThat(isStored(answer)).isFalse();
    }

    private boolean isStored(BodyName name) {
        return pieces.get(Table.PIECES, Keys.piece(Keys.body(name), 0)) != null;
    }

    private <T> Change make(Function<MonoSink<T>, Change> making) {
        List<Change> made = new ArrayList<>();
        Mono.<T>create(sink -> made.add(making.apply(sink))).subscribe(done -> {}, errors::add);
        return made.get(0);
    }
}
