package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.Draft;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.StaleClaimException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class OutputIntakeTest {

    private static final Instant NOW = Instant.parse("2026-11-23T13:41:07.123Z");

    private final Job claimed = new Draft(new JobId(1, 2), NOW)
            .job()
            .accepted(1)
            .apply(new Transition.Start(), NOW)
            .job();
    private final List<List<Output>> recorded = new ArrayList<>();
    private final OutputIntake intake = new OutputIntake();

    @Test
    void theNextBatchIsRequestedWhenTheOneBeforeIsRecorded() {
        TestPublisher<List<Output>> batches = TestPublisher.create();
        List<Sinks.Empty<Void>> writes = List.of(Sinks.empty(), Sinks.empty());
        Mono<Long> received = intake.receive(claimed, batches.flux(), () -> true, batch -> {
            recorded.add(batch);
            return writes.get(recorded.size() - 1).asMono();
        });
        StepVerifier.create(received)
                .then(() -> batches.assertMinRequested(1).assertMaxRequested(1).next(List.of(piece("a", 0))))
                .then(() -> batches.assertMaxRequested(0))
                .then(() -> writes.get(0).tryEmitEmpty().orThrow())
                .then(() -> batches.assertMinRequested(1).next(List.of(piece("bc", 1))))
                .then(() -> writes.get(1).tryEmitEmpty().orThrow())
                .then(batches::complete)
                .expectNext(3L)
                .expectComplete()
                .verify(Duration.ofSeconds(20));
        assertThat(recorded).hasSize(2);
    }

    @Test
    void whatCameBeforeTheResponseBrokeOffIsRecordedWhenThatIsTold() {
        TestPublisher<List<Output>> batches = TestPublisher.create();
        Sinks.Empty<Void> write = Sinks.empty();
        IOException cut = new IOException("cut short");
        StepVerifier.create(intake.receive(claimed, batches.flux(), () -> true, batch -> write.asMono()))
                .then(() -> batches.next(List.of(piece("a", 0))).error(cut))
                .expectNoEvent(Duration.ofMillis(50))
                .then(() -> write.tryEmitEmpty().orThrow())
                .expectErrorMatches(error -> error == cut)
                .verify(Duration.ofSeconds(20));
    }

    @Test
    void aBatchIsRecordedAgainWhileTheJournalIsAway() {
        List<RuntimeException> errors = new ArrayList<>(
                List.of(new JournalUnavailableException("away", null), new JournalOverloadedException()));
        StepVerifier.withVirtualTime(() -> intake.receive(claimed, pieces(2), () -> true, batch -> {
                    recorded.add(batch);
                    return errors.isEmpty() ? Mono.empty() : Mono.error(errors.remove(0));
                }))
                .thenAwait(Duration.ofSeconds(3))
                .expectNext(2L)
                .expectComplete()
                .verify(Duration.ofSeconds(20));
        assertThat(recorded).hasSize(4);
        assertThat(recorded.get(0)).isEqualTo(recorded.get(2));
    }

    @Test
    void aBatchIsGivenUpWithTheClaim() {
        boolean[] holds = {true};
        StepVerifier.withVirtualTime(() -> intake.receive(claimed, pieces(2), () -> holds[0], batch -> {
                    recorded.add(batch);
                    return Mono.error(new JournalOverloadedException());
                }))
                .thenAwait(Duration.ofMinutes(5))
                .then(() -> holds[0] = false)
                .thenAwait(Duration.ofSeconds(3))
                .verifyError(StaleClaimException.class);
        assertThat(recorded).hasSizeGreaterThan(100);
    }

    @Test
    void anotherErrorIsPassedOnAtOnce() {
        IllegalStateException mistake = new IllegalStateException("mistake");
        StepVerifier.create(intake.receive(claimed, pieces(2), () -> true, batch -> Mono.error(mistake)))
                .verifyErrorMatches(error -> error == mistake);
    }

    @Test
    void whatDoesNotFollowIsNotRecorded() {
        for (Output odd : List.of(piece("x", 0), piece("x", 2), Output.text("x", 2, 1))) {
            Flux<List<Output>> batches = Flux.just(List.of(piece("a", 0)), List.of(odd));
            StepVerifier.create(intake.receive(claimed, batches, () -> true, batch -> {
                        recorded.add(batch);
                        return Mono.empty();
                    }))
                    .verifyError(IllegalArgumentException.class);
        }
        assertThat(recorded).hasSize(3).containsOnly(List.of(piece("a", 0)));
    }

    @Test
    void closingFailsWhatIsReceivedAndWhatWouldBe() {
        StepVerifier.create(intake.receive(claimed, Flux.never(), () -> true, batch -> Mono.empty()))
                .then(intake::close)
                .verifyError(IllegalStateException.class);
        StepVerifier.create(intake.receive(claimed, Flux.empty(), () -> true, batch -> Mono.empty()))
                .verifyError(IllegalStateException.class);
    }

    private Flux<List<Output>> pieces(int many) {
        return Flux.range(0, many).map(i -> List.of(piece("a", i)));
    }

    private static Output piece(String text, long offset) {
        return Output.text(text, 1, offset);
    }
}
