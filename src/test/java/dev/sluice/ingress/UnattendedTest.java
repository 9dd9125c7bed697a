package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.channel.AbortedException;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class UnattendedTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final TestPublisher<byte[]> body = TestPublisher.create();
    private final Sinks.One<String> stored = Sinks.one();
    private final List<String> done = new ArrayList<>();

    /** Reads all of the body, then waits until it is stored. */
    private Mono<String> work(Flux<byte[]> bytes) {
        return bytes.then(stored.asMono())
                .doOnNext(done::add)
                .doOnError(error -> done.add(error.getClass().getSimpleName()));
    }

    @Test
    void givesTheResult() {
        StepVerifier.create(Unattended.with(body.flux(), this::work))
                .then(body::complete)
                .then(() -> stored.tryEmitValue("kept"))
                .expectNext("kept")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void isDoneAlsoWhenNobodyWaitsAnyMore() {
        Disposable client = Unattended.with(body.flux(), this::work).subscribe();
        body.complete();
        client.dispose();
        assertThat(done).isEmpty();
        stored.tryEmitValue("kept").orThrow();
        assertThat(done).containsExactly("kept");
    }

    @Test
    void endsABodyOfWhichNoMoreComes() {
        StepVerifier.create(Unattended.with(body.flux(), this::work))
                .then(() -> body.next(new byte[3]))
                .thenCancel()
                .verifyThenAssertThat()
                .hasNotDroppedErrors();
        assertThat(done).containsExactly(AbortedException.class.getSimpleName());
    }

    @Test
    void passesErrorsOn() {
        StepVerifier.create(Unattended.with(body.flux(), this::work))
                .then(() -> body.error(new IllegalStateException("broken")))
                .verifyError(IllegalStateException.class);
    }
}
