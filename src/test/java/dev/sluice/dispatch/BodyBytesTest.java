package dev.sluice.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protection.Opening;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import dev.sluice.waiting.WaitingBytes;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class BodyBytesTest {

    private static final int LIMIT = 400 * 1024;

    private final WaitingBytes waiting = new WaitingBytes(LIMIT, System::nanoTime, Runnable::run);
    private final BodyBytes bodies = new BodyBytes(waiting);
    private final Route route = Routes.route("r", "/r", "http://localhost:1");

    private Opening opening() {
        return bodies.opening(route.call(), 0, Instant.EPOCH);
    }

    @Test
    void aBodyCountsWhatItHoldsUntilItEnds() {
        TestPublisher<byte[]> body = TestPublisher.create();
        StepVerifier.create(bodies.counted(body.flux()))
                .then(() -> body.next(new byte[1000]))
                .expectNextCount(1)
                .then(() -> assertThat(waiting.ofCalls()).isEqualTo(1000))
                .then(() -> body.next(new byte[1_000_000]))
                .expectNextCount(1)
                .then(() -> assertThat(waiting.ofCalls()).isEqualTo(BodyBytes.MOST))
                .then(body::complete)
                .expectComplete()
                .verify(Duration.ofSeconds(20));
        assertThat(waiting.ofCalls()).isZero();
    }

    @Test
    void aBodyThatFailsOrIsCancelledCountsNoMore() {
        StepVerifier.create(bodies.counted(
                        Flux.just(new byte[10]).concatWith(Flux.error(new IllegalStateException("on purpose")))))
                .expectNextCount(1)
                .verifyErrorMessage("on purpose");
        StepVerifier.create(bodies.counted(Flux.just(new byte[10]).concatWith(Flux.never())))
                .expectNextCount(1)
                .thenCancel()
                .verify();
        assertThat(waiting.ofCalls()).isZero();
    }

    @Test
    void noCallBeginsWhileThereIsNoMemoryForMore() {
        assertThat(opening()).isEqualTo(Opening.FREE);
        waiting.ofCalls(LIMIT + LIMIT / 4 + 1);
        assertThat(waiting.evicted()).as("no client is cut for it").isZero();
        assertThat(opening().isClosed()).isTrue();
        assertThat(opening().next()).isEqualTo(Instant.EPOCH.plusMillis(100));
        waiting.ofCalls(-1);
        assertThat(opening()).isEqualTo(Opening.FREE);
    }
}
