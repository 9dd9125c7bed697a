package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.InMemory;
import dev.sluice.Mount;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobResult;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Draft;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalFullException;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

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

    /** So that what was accepted can be worked on: its results are larger than what the reserve is for. */
    @Test
    void belowTheLowWaterMarkNewJobsAreRefusedAndAcceptedOnesEnd() throws Exception {
        try (Mount mount = Mount.of(directory.resolve("mount"), "64m")) {
            Path filler = mount.path().resolve("filler");
            byte[] result = new byte[4 << 20];
            try (Journal journal = open(mount.path().resolve("data"), 32L << 20)) {
                NewJob first = new Draft(ids.next(), Instant.now()).key("a").job();
                assertThat(append(journal, first)).isTrue();
                Job claimed = claimAll(journal).get(0);
                Files.write(filler, new byte[26 << 20]);
                await().atMost(LIMIT).until(() -> !journal.hasRoom());

                assertThatThrownBy(() -> append(journal)).isInstanceOf(JournalFullException.class);
                assertThatThrownBy(() -> journal.append(job(), Flux.just(new byte[100_000]))
                                .block(LIMIT))
                        .as("the pieces of a body are refused before they are written")
                        .isInstanceOf(JournalFullException.class);
                NewJob again = new Draft(ids.next(), Instant.now()).key("a").job();
                assertThat(append(journal, again)).as("the first job is told").isFalse();
                assertThat(journal.health().up()).isTrue();
                assertThat(journal.health().detail()).contains("refuses new jobs");
                Job done = Ends.finish(
                                journal, claimed, new Ending(new JobResult(200, Headers.NONE), null), Flux.just(result))
                        .block(LIMIT);
                assertThat(done.state().finished()).isTrue();

                Files.delete(filler);
                await().atMost(LIMIT).until(journal::hasRoom);
                assertThat(append(journal, job())).isTrue();
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
                .onErrorReturn(JournalUnavailableException.class, false)
                .onErrorReturn(JournalFullException.class, false)
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
        return open(path, null);
    }

    private static Journal open(Path path, @Nullable Long minFree) {
        return new EmbeddedJournal(
                RocksStores.open(path, minFree),
                JournalClock.system(),
                System::nanoTime,
                FollowUps.NONE,
                new SimpleMeterRegistry());
    }
}
