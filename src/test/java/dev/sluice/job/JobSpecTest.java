package dev.sluice.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class JobSpecTest {

    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

    /** An attribute that a builder forgets would be lost where a spec is completed or taken over by a redrive. */
    @Test
    void itsBuilderKeepsEveryAttribute() throws ReflectiveOperationException {
        JobSpec all = JobSpec.builder(NOW, 7, Duration.ofHours(2))
                .urgency(1)
                .keepUntil(NOW.plusSeconds(1))
                .estimate(new Estimate(NOW.plusSeconds(2), NOW.plusSeconds(3), NOW.plusSeconds(4)))
                .deadline(NOW.plusSeconds(4))
                .redriveOf(JobId.parse("01k9zv7m2c4w8h0t5x1q3r6y9a").orElseThrow())
                .caller(-5)
                .turn(6)
                .client(-7)
                .callback("https://receiver.example/told")
                .group(GroupId.parse("01k9zv7m2c4w8h0t5x1q3r6y9b").orElseThrow())
                .build();
        for (var attribute : JobSpec.class.getRecordComponents()) {
            assertThat(attribute.getAccessor().invoke(all))
                    .as("set by this test: " + attribute.getName())
                    .isNotIn(null, 0L);
        }
        assertThat(all.toBuilder().build()).isEqualTo(all);
    }
}
