package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobIds;
import dev.sluice.job.Output;
import dev.sluice.journal.Interest;
import dev.sluice.journal.TailOverflowException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class TailsTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Tails tails = new Tails(16 * 1024);
    private final JobEvent piece = new JobEvent.Emitted(
            new JobIds(Clock.systemUTC()).next(),
            "reports",
            3,
            Instant.EPOCH,
            Output.text("x".repeat(16 * 1024), 0, 0));

    private void publish(int pieces) {
        for (int i = 0; i < pieces; i++) {
            tails.publish(piece);
        }
    }

    @Test
    void aSubscriberLagsNoFurtherThanItsEventsHaveCharacters() {
        int most = (int) (Tail.MOST_CHARACTERS / (16 * 1024));
        StepVerifier.create(tails.tail(Interest.in(event -> true)), 0)
                .then(() -> publish(most))
                .thenRequest(most)
                .expectNextCount(most)
                .then(() -> publish(most + 1))
                .expectError(TailOverflowException.class)
                .verify(LIMIT);
        assertThat(most).isLessThan(16 * 1024);
    }
}
