package dev.sluice.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobIdTest {

    @Test
    void isWrittenAndReadTheSame() {
        Random random = new Random(42);
        for (int i = 0; i < 10_000; i++) {
            JobId id = new JobId(random.nextLong(), random.nextLong());
            byte[] bytes = new byte[JobId.BYTES + 3];
            id.writeTo(bytes, 3);
            assertThat(JobId.fromBytes(bytes, 3)).isEqualTo(id);
            assertThat(JobId.parse(id.toString())).contains(id);
            assertThat(id.toString()).hasSize(26).matches("[0-7][0-9a-hjkmnp-tv-z]{25}");
        }
    }

    @Test
    void orderOfTextIsOrderOfIds() {
        Random random = new Random(43);
        for (int i = 0; i < 10_000; i++) {
            JobId one = new JobId(random.nextLong(), random.nextLong());
            JobId other = new JobId(random.nextBoolean() ? one.high() : random.nextLong(), random.nextLong());
            assertThat(Integer.signum(one.toString().compareTo(other.toString())))
                    .isEqualTo(Integer.signum(one.compareTo(other)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "01k9zzzzzzzzzzzzzzzzzzzzz",
                "01k9zzzzzzzzzzzzzzzzzzzzzzz",
                "81k9zzzzzzzzzzzzzzzzzzzzzz",
                "01K9ZZZZZZZZZZZZZZZZZZZZZZ",
                "01k9zzzzzzzzzzzzzzzzzzzzzi",
                "01k9zzzzzzzzzzzzzzzzzzzzz/",
                "01k9zzzzzzzzzzzzzzzzzzzzzé",
                "01k9zzzzzzzzzzzzzzzzzzzzz\u0000"
            })
    void anythingElseIsNoId(String text) {
        assertThat(JobId.parse(text)).isEmpty();
    }

    @Test
    void carriesItsTimeAndNeverRepeats() {
        Instant now = Instant.parse("2026-11-23T13:41:07.123Z");
        JobIds ids = new JobIds(Clock.fixed(now, ZoneOffset.UTC));
        Set<JobId> seen = new HashSet<>();
        for (int i = 0; i < 100_000; i++) {
            JobId id = ids.next();
            assertThat(id.millis()).isEqualTo(now.toEpochMilli());
            assertThat(seen.add(id)).isTrue();
        }
    }
}
