package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class GroupTailsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final GroupId ID = new GroupId(new JobId(1, 2));
    private static final GroupId OTHER = new GroupId(new JobId(1, 3));

    private final GroupTails tails = new GroupTails();

    @Test
    void whoTakesNothingGetsTheLatestOnly() {
        StepVerifier.create(tail(Mono.just(1L)), 1)
                .expectNext(1L)
                .then(() -> {
                    for (long seq = 2; seq <= 100; seq++) {
                        tails.publish(ID, seq);
                    }
                    tails.publish(OTHER, 1_000);
                })
                .thenRequest(2)
                .thenConsumeWhile(next -> next < 100L) // at most one, which was handed over already
                .expectNext(100L)
                .then(() -> tails.erased(ID))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void whatIsReadLateDoesNotTakeANumberBack() {
        Sinks.One<Long> read = Sinks.one();
        StepVerifier.create(tail(read.asMono()))
                .then(() -> tails.publish(ID, 7))
                .expectNext(7L)
                .then(() -> read.tryEmitValue(5L))
                .then(() -> tails.publish(ID, 6))
                .then(() -> tails.publish(ID, 8))
                .expectNext(8L)
                .then(tails::close)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void aGroupThatIsNotThereHasNoTail() {
        StepVerifier.create(tail(Mono.empty())).expectComplete().verify(LIMIT);
        StepVerifier.create(tail(Mono.error(new IllegalStateException("cannot read"))))
                .expectErrorMessage("cannot read")
                .verify(LIMIT);
        tails.close();
        StepVerifier.create(tail(Mono.just(1L)))
                .expectError(IllegalStateException.class)
                .verify(LIMIT);
    }

    @Test
    void whoLeavesIsForgotten() {
        for (int i = 0; i < 3; i++) {
            StepVerifier.create(tail(Mono.just(1L))).expectNext(1L).thenCancel().verify(LIMIT);
        }
        assertThat(tails.isEmpty()).isTrue();
        StepVerifier.create(tail(Mono.just(1L)))
                .expectNext(1L)
                .then(() -> assertThat(tails.isEmpty()).isFalse())
                .thenCancel()
                .verify(LIMIT);
    }

    private Flux<Long> tail(Mono<Long> now) {
        return tails.tail(ID, now, Schedulers.parallel());
    }
}
