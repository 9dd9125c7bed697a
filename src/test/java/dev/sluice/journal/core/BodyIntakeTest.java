package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobId;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.StaleClaimException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

@Timeout(20)
class BodyIntakeTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final BodyName NAME = new BodyName(new JobId(1, 2), 3);

    /** Writes at once, or when the test says so. */
    private static final class Pieces implements PieceStore {

        private final List<String> calls = new ArrayList<>();
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();
        private @Nullable Mono<Void> next;

        @Override
        public synchronized Mono<Void> write(BodyName body, int first, List<byte[]> pieces) {
            calls.add("write " + first + "+" + pieces.size());
            Mono<Void> outcome = next;
            next = null;
            if (outcome != null) {
                return outcome;
            }
            pieces.forEach(written::writeBytes);
            return Mono.empty();
        }

        @Override
        public synchronized void discard(BodyName body) {
            calls.add("discard");
        }

        synchronized List<String> calls() {
            return List.copyOf(calls);
        }
    }

    private final Pieces pieces = new Pieces();
    private final BodyIntake intake = new BodyIntake(pieces);

    @Test
    void aSmallBodyStaysInMemory() {
        Body body = request(Flux.just(new byte[10], new byte[BodyIntake.INLINE - 10]))
                .block(LIMIT);
        assertThat(body.inline()).hasSize(BodyIntake.INLINE);
        assertThat(body.pieces()).isZero();
        assertThat(request(Flux.empty()).block(LIMIT).size()).isZero();
        assertThat(pieces.calls()).isEmpty();
    }

    @Test
    void aLongOneIsWrittenInPiecesOfOneSize() {
        byte[] bytes = new byte[3 * BodyIntake.PIECE + 5];
        new Random(3).nextBytes(bytes);
        Flux<byte[]> parts = Flux.range(0, bytes.length / 10_000 + 1)
                .map(i -> java.util.Arrays.copyOfRange(bytes, i * 10_000, Math.min(bytes.length, (i + 1) * 10_000)));
        Body body = request(parts).block(LIMIT);
        assertThat(body.size()).isEqualTo(bytes.length);
        assertThat(body.pieces()).isEqualTo(4);
        assertThat(pieces.written.toByteArray()).isEqualTo(bytes);
        assertThat(pieces.calls()).containsExactly("write 0+1", "write 1+1", "write 2+1", "write 3+1");
    }

    @Test
    void moreIsAskedForWhenWhatCameBeforeIsWritten() {
        TestPublisher<byte[]> upstream = TestPublisher.create();
        Sinks.Empty<Void> piece = Sinks.empty();
        pieces.next = piece.asMono();
        request(upstream.flux()).subscribe();
        upstream.assertMinRequested(1);
        upstream.next(new byte[BodyIntake.PIECE]);
        assertThat(pieces.calls()).containsExactly("write 0+1");
        upstream.assertMaxRequested(0);
        piece.tryEmitEmpty().orThrow();
        upstream.assertMinRequested(1);
    }

    @Test
    void aBodyThatFailsIsDiscardedAndItsErrorPassedOn() {
        IllegalArgumentException cut = new IllegalArgumentException("cut");
        StepVerifier.create(request(Flux.concat(Flux.just(new byte[BodyIntake.PIECE]), Flux.error(cut))))
                .expectErrorMatches(e -> e == cut)
                .verify(LIMIT);
        assertThat(pieces.calls()).containsExactly("write 0+1", "discard");
    }

    @Test
    void whatWasOnItsWayWhenABodyWasGivenUpIsDiscardedToo() {
        Sinks.Empty<Void> piece = Sinks.empty();
        pieces.next = piece.asMono();
        Disposable given = request(Flux.concat(Flux.just(new byte[BodyIntake.PIECE]), Flux.never()))
                .subscribe();
        given.dispose();
        assertThat(pieces.calls()).containsExactly("write 0+1");
        piece.tryEmitEmpty().orThrow();
        assertThat(pieces.calls()).containsExactly("write 0+1", "discard");
    }

    @Test
    void whileTheJournalIsAwayARequestFailsAtOnce() {
        pieces.next = Mono.error(new JournalUnavailableException("away", null));
        StepVerifier.create(request(Flux.just(new byte[BodyIntake.PIECE])))
                .expectError(JournalUnavailableException.class)
                .verify(LIMIT);
        assertThat(pieces.calls()).containsExactly("write 0+1", "discard");
    }

    static List<RuntimeException> away() {
        return List.of(new JournalUnavailableException("away", null), new JournalOverloadedException());
    }

    @ParameterizedTest
    @MethodSource("away")
    void whileTheJournalIsAwayAnAnswerIsWrittenAgain(RuntimeException error) {
        pieces.next = Mono.error(error);
        Body body =
                answer(Flux.just(new byte[BodyIntake.PIECE + 1]), () -> true).block(LIMIT);
        assertThat(body.pieces()).isEqualTo(2);
        assertThat(pieces.calls()).containsExactly("write 0+1", "write 0+1", "write 1+1");
    }

    @Test
    void butNoLongerThanItsClaimHolds() {
        pieces.next = Mono.error(new JournalUnavailableException("away", null));
        StepVerifier.create(answer(Flux.just(new byte[BodyIntake.PIECE]), () -> false))
                .expectError(StaleClaimException.class)
                .verify(LIMIT);
        assertThat(pieces.calls()).containsExactly("write 0+1", "discard");
    }

    @Test
    void closingFailsWhatComesInAndWhatComesLater() {
        Mono<Body> endless = request(Flux.concat(Flux.just(new byte[BodyIntake.PIECE]), Flux.never()))
                .cache();
        endless.subscribe(body -> {}, error -> {});
        intake.close();
        StepVerifier.create(endless).expectError(IllegalStateException.class).verify(LIMIT);
        StepVerifier.create(request(Flux.never()))
                .expectError(IllegalStateException.class)
                .verify(LIMIT);
        assertThat(pieces.calls()).containsExactly("write 0+1", "discard");
    }

    private Mono<Body> request(Flux<byte[]> body) {
        return Mono.create(sink -> intake.request(NAME, body, null, sink, sink::success));
    }

    private Mono<Body> answer(Flux<byte[]> body, BooleanSupplier holds) {
        return Mono.create(sink -> intake.response(NAME, body, holds, sink, sink::success));
    }
}
