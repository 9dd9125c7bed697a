package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.InMemory;
import dev.sluice.Mount;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Draft;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the embedded journal says and does when its directory is not as it should be. */
class RocksFaultsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration LEASE = Duration.ofSeconds(30);

    @TempDir(factory = InMemory.class)
    private Path directory;

    private final JobIds ids = new JobIds(Clock.systemUTC());

    @Test
    void aDirectoryOpenedTwiceNamesTheOtherProcess() {
        try (Journal first = open(directory)) {
            assertThat(first.health().up()).isTrue();
            assertThatThrownBy(() -> open(directory))
                    .isInstanceOf(JournalUnavailableException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("has it open")
                    .hasMessageContaining("sluice.journal.path");
            assertThat(append(first)).isPresent();
        }
    }

    @Test
    void aDamagedFileIsNamedAsSuchAndLeftAlone() throws IOException {
        try (Journal journal = open(directory)) {
            append(journal);
        }
        Path manifest;
        try (Stream<Path> files = Files.list(directory)) {
            manifest = files.filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] damaged = Files.readAllBytes(manifest);
        for (int i = 0; i < damaged.length; i += 7) {
            damaged[i] ^= 0x5a;
        }
        Files.write(manifest, damaged);
        assertThatThrownBy(() -> open(directory))
                .isInstanceOf(JournalUnavailableException.class)
                .hasMessageContaining("damaged")
                .hasMessageContaining("Restore the directory");
        assertThat(Files.readAllBytes(manifest)).isEqualTo(damaged);
    }

    @Test
    void aFileInPlaceOfTheDirectoryIsNamedAsSuch() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "not a directory");
        assertThatThrownBy(() -> open(file))
                .isInstanceOf(JournalUnavailableException.class)
                .hasMessageContaining("not a directory")
                .hasMessageContaining("sluice.journal.path");
    }

    @Test
    void aReadOnlyDirectoryIsNamedAsSuch() throws Exception {
        try (Mount mount = Mount.of(directory.resolve("mount"), "8m")) {
            mount.readOnly();
            assertThatThrownBy(() -> open(mount.path()))
                    .isInstanceOf(JournalUnavailableException.class)
                    .hasMessageContaining("cannot be written");
        }
    }

    @Test
    void onAFullDiskNothingIsAcknowledgedAndNothingAcknowledgedIsLost() throws Exception {
        try (Mount mount = Mount.of(directory.resolve("mount"), "48m")) {
            List<JobId> accepted = new ArrayList<>();
            List<JobId> refused = new ArrayList<>();
            try (Journal journal = open(mount.path())) {
                while (refused.size() < 3) {
                    NewJob job = job();
                    (append(journal, job) ? accepted : refused).add(job.id());
                    assertThat(accepted.size()).isLessThan(2000);
                }
                assertThat(accepted).isNotEmpty();
                assertThat(journal.health().up()).isFalse();
                assertThat(journal.health().detail()).contains("the disk is full");

                mount.grow("160m");
                NewJob later = job();
                while (!append(journal, later)) {
                    later = job(); // it looks once a second whether it can write again
                }
                accepted.add(later.id());
                assertThat(journal.health().up()).isTrue();
                assertKept(journal, accepted, refused);
            }
            try (Journal journal = open(mount.path())) {
                assertKept(journal, accepted, refused);
                List<JobId> claimed = new ArrayList<>();
                for (Job job : claimAll(journal)) {
                    claimed.add(job.id());
                }
                assertThat(claimed).containsExactlyInAnyOrderElementsOf(accepted);
            }
        }
    }

    private static List<Job> claimAll(Journal journal) {
        return journal.claim(Map.of("reports", Journal.Demand.of(10_000)), LEASE)
                .block(LIMIT)
                .jobs();
    }

    private static void assertKept(Journal journal, List<JobId> accepted, List<JobId> refused) {
        for (JobId id : accepted) {
            assertThat(journal.find(id).block(LIMIT)).isInstanceOf(Lookup.Known.class);
        }
        for (JobId id : refused) {
            assertThat(journal.find(id).block(LIMIT)).isNull();
        }
        assertThat(journal.backlog().waiting()).isEqualTo(accepted.size());
    }

    private boolean append(Journal journal, NewJob job) {
        byte[] body = new byte[100_000];
        new Random(7).nextBytes(body);
        return Boolean.TRUE.equals(journal.append(job, Flux.just(body))
                .map(appended -> appended instanceof Appended.Created)
                .onErrorResume(JournalUnavailableException.class, e -> Mono.just(false))
                .block(LIMIT));
    }

    private java.util.Optional<Appended> append(Journal journal) {
        return journal.append(job(), Flux.just(new byte[] {1, 2, 3})).blockOptional(LIMIT);
    }

    private NewJob job() {
        Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
        return new Draft(ids.next(), now).job();
    }

    private static Journal open(Path path) {
        return new EmbeddedJournal(
                RocksStores.open(path), JournalClock.system(), System::nanoTime, new SimpleMeterRegistry());
    }
}
