package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.InMemory;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobSpec;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Journal;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.JournalClocks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/** What was erased cannot be found in any file a day later. */
class ErasureTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration TOMBSTONES = Duration.ofDays(7);

    @TempDir(factory = InMemory.class)
    private Path directory;

    private final Random random = new Random(5);
    private final List<String> secrets = new ArrayList<>();
    private Instant now = Instant.parse("2026-11-23T13:41:07.123Z");

    private final Clock clock = new Clock() {
        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            throw new UnsupportedOperationException("tests need no zone");
        }
    };

    private final JobIds ids = new JobIds(clock);

    @Test
    void whatWasForgottenOrExpiredIsGoneFromAllFilesADayLater() {
        List<String> kept;
        JobId keeps;
        try (Journal journal = open()) {
            purge(journal); // its first day begins
            JobId small = finished(journal, 300, Duration.ofDays(30));
            JobId large = finished(journal, 700_000, Duration.ofDays(30));
            finished(journal, 200, Duration.ofHours(1));
            finished(journal, 500_000, Duration.ofHours(1));
            List<String> erased = List.copyOf(secrets);
            secrets.clear();
            keeps = finished(journal, 700_000, Duration.ofDays(30)); // in the same files
            kept = List.copyOf(secrets);
            assertThat(erased)
                    .allSatisfy(secret -> assertThat(found(secret, "")).isNotEmpty());

            assertThat(journal.forget(small).block(LIMIT)).isTrue();
            assertThat(journal.forget(large).block(LIMIT)).isTrue();
            now = now.plus(Duration.ofHours(2));
            assertThat(purge(journal)).isEqualTo(2);
            now = now.plus(Duration.ofDays(1));
            purge(journal);
            for (String secret : erased) {
                assertThat(found(secret, ".sst")).isEmpty();
                assertThat(found(secret, ".blob")).isEmpty();
            }
            assertThat(kept).allSatisfy(secret -> assertThat(found(secret, "")).isNotEmpty());
            assertThat(logs()).hasSizeLessThanOrEqualTo(5);
            secrets.clear();
            secrets.addAll(erased);
        }
        try (Journal journal = open()) {
            assertThat(journal.result(keeps).block(LIMIT)).isNotNull();
            assertThat(secrets)
                    .allSatisfy(secret -> assertThat(found(secret, "")).isEmpty());
        }
    }

    private JobId finished(Journal journal, int size, Duration keep) {
        JobRequest request = new JobRequest(
                "POST",
                "/reports?token=" + secret(),
                Headers.of("Authorization", "Bearer " + secret()),
                new JobRequest.Origin("127.0.0.1", "http", "localhost"));
        NewJob job = new NewJob(
                ids.next(), "reports", JobSpec.builder(now, 5, keep).build(), now, request, Headers.NONE, null);
        journal.append(job, body(size)).block(LIMIT);
        Job running = journal.claim(Map.of("reports", Journal.Demand.of(1)), Duration.ofSeconds(30))
                .block(LIMIT)
                .jobs()
                .get(0);
        JobResult head = new JobResult(200, Headers.of("Set-Cookie", "session=" + secret()));
        return Ends.finish(journal, running, new Ending(head, null), body(size))
                .block(LIMIT)
                .id();
    }

    /** Random bytes that begin and end with a secret. */
    private Flux<byte[]> body(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        byte[] first = secret().getBytes(StandardCharsets.US_ASCII);
        byte[] last = secret().getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(first, 0, bytes, 0, first.length);
        System.arraycopy(last, 0, bytes, size - last.length, last.length);
        return Flux.just(bytes);
    }

    /** Something that no compression can shorten. */
    private String secret() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 24; i++) {
            text.append((char) ('!' + random.nextInt(90)));
        }
        secrets.add(text.toString());
        return text.toString();
    }

    private long purge(Journal journal) {
        return journal.purge(TOMBSTONES).reduce(0L, Long::sum).block(LIMIT);
    }

    private List<Path> logs() {
        return files().stream().filter(file -> file.toString().endsWith(".log")).toList();
    }

    private List<Path> found(String secret, String ending) {
        return files().stream()
                .filter(file -> file.toString().endsWith(ending))
                .filter(file -> contains(file, secret))
                .toList();
    }

    private List<Path> files() {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean contains(Path file, String secret) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(secret);
        } catch (NoSuchFileException e) {
            return false; // deleted meanwhile
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Journal open() {
        return new EmbeddedJournal(
                RocksStores.open(directory),
                JournalClocks.over(clock),
                JournalClocks.nanos(clock),
                FollowUps.NONE,
                new SimpleMeterRegistry());
    }
}
