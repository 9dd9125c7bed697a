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
import dev.sluice.job.Output;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
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
            JobId streamed = streamed(journal, 100, Duration.ofDays(30));
            streamed(journal, 10, Duration.ofHours(1));
            finished(journal, 200, Duration.ofHours(1));
            finished(journal, 500_000, Duration.ofHours(1));
            List<String> erased = List.copyOf(secrets);
            secrets.clear();
            keeps = finished(journal, 700_000, Duration.ofDays(30)); // in the same files
            kept = List.copyOf(secrets);
            assertThat(found(erased, "")).containsAll(erased);

            assertThat(journal.forget(small).block(LIMIT)).isTrue();
            assertThat(journal.forget(large).block(LIMIT)).isTrue();
            assertThat(journal.forget(streamed).block(LIMIT)).isTrue();
            now = now.plus(Duration.ofHours(2));
            assertThat(purge(journal)).isEqualTo(3);
            now = now.plus(Duration.ofDays(1));
            purge(journal);
            assertThat(found(erased, ".sst")).isEmpty();
            assertThat(found(erased, ".blob")).isEmpty();
            assertThat(found(kept, "")).containsAll(kept);
            assertThat(logs()).hasSizeLessThanOrEqualTo(5);
            secrets.clear();
            secrets.addAll(erased);
        }
        try (Journal journal = open()) {
            assertThat(journal.result(keeps).block(LIMIT)).isNotNull();
            assertThat(found(secrets, "")).isEmpty();
        }
    }

    private JobId finished(Journal journal, int size, Duration keep) {
        Job running = running(journal, size, keep);
        JobResult head = new JobResult(200, Headers.of("Set-Cookie", "session=" + secret()));
        return Ends.finish(journal, running, new Ending(head, null), body(size))
                .block(LIMIT)
                .id();
    }

    /** A job with a response of so many pieces, of which every fiftieth is a secret. */
    private JobId streamed(Journal journal, int pieces, Duration keep) {
        Job running = running(journal, 100, keep);
        JobResult head = new JobResult(200, Headers.of("Set-Cookie", "session=" + secret()));
        Flux<List<Output>> batches = Flux.range(0, pieces)
                .map(i -> List.of(Output.text(i % 50 == 0 ? secret() : "no secret, but as long. ", 1, i * 24L)));
        return journal.stream(running, head, batches)
                .flatMap(body -> journal.finish(running, new Ending(head, null), body))
                .block(LIMIT)
                .id();
    }

    private Job running(Journal journal, int size, Duration keep) {
        JobRequest request = new JobRequest(
                "POST",
                "/reports?token=" + secret(),
                Headers.of("Authorization", "Bearer " + secret()),
                new JobRequest.Origin("127.0.0.1", "http", "localhost"));
        NewJob job = new NewJob(
                ids.next(), "reports", JobSpec.builder(now, 5, keep).build(), now, request, Headers.NONE, null);
        journal.append(job, body(size)).block(LIMIT);
        return journal.claim(Map.of("reports", Journal.Demand.of(1)), Duration.ofSeconds(30))
                .block(LIMIT)
                .jobs()
                .get(0);
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

    /** Those that are in a file whose name ends so. */
    private Set<String> found(List<String> wanted, String ending) {
        Set<String> found = new HashSet<>();
        for (Path file : files()) {
            if (file.toString().endsWith(ending)) {
                String content = content(file);
                wanted.stream().filter(content::contains).forEach(found::add);
            }
        }
        return found;
    }

    private List<Path> files() {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String content(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return ""; // deleted meanwhile
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
