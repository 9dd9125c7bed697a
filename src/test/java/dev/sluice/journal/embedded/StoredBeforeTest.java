package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/** What the version before stored is there, all of it, and goes on; what a later version stored is left alone. */
class StoredBeforeTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String STORED = "stored-by-0.1-form-2";

    @TempDir
    private Path directory;

    private final Properties expected = new Properties();

    @BeforeEach
    void unpack() throws IOException {
        try (Reader reader = new InputStreamReader(resource(".properties"), StandardCharsets.UTF_8)) {
            expected.load(reader);
        }
        try (ZipInputStream zip = new ZipInputStream(resource(".zip"))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path target = directory.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    Files.copy(zip, target);
                }
            }
        }
    }

    @Test
    void everythingIsThereAndCanBeErased() {
        try (EmbeddedJournal journal = open()) {
            assertThat(HexFormat.of().formatHex(journal.secret())).isEqualTo(expected.get("journal.secret"));
            assertThat(journal.backlog().waiting()).isGreaterThan(Long.parseLong(expected("journal", "waiting")) - 1);
            for (String name : names()) {
                assertThere(journal, name);
            }
            long before = journal.pieces();
            for (String name : names()) {
                if (found(journal, name) instanceof Lookup.Known known
                        && known.job().state().finished()) {
                    assertThat(journal.forget(known.job().id()).block(LIMIT)).isTrue();
                }
            }
            assertThat(before).isPositive();
        }
        try (EmbeddedJournal journal = open()) {
            for (String name : names()) {
                if (found(journal, name) instanceof Lookup.Expired) {
                    assertThat(journal.result(id(name)).block(LIMIT)).isNull();
                }
            }
            assertThat(journal.backlog().waiting()).isPositive();
        }
    }

    @Test
    void aNewerFormEndsInOneSentenceAndAReleasedDirectory() {
        try (RocksStores stores = RocksStores.open(directory);
                Store.Batch batch = stores.main().batch()) {
            batch.put(Table.OPEN, Keys.job(new JobId(1, 2)), new byte[] {99, 0, 0});
            stores.main().write(batch, true);
        }
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(this::open)
                    .isInstanceOf(JournalUnavailableException.class)
                    .hasMessageContaining("written by a newer Sluice");
        }
    }

    private void assertThere(Journal journal, String name) {
        if (expected(name, "state").startsWith("ERASED")) {
            assertThat(found(journal, name)).as(name).isInstanceOf(Lookup.Expired.class);
            return;
        }
        Job job = ((Lookup.Known) Objects.requireNonNull(found(journal, name), name)).job();
        JobState state = JobState.valueOf(expected(name, "state"));
        if (state != JobState.RUNNING) {
            assertThat(job.state()).as(name).isEqualTo(state);
            assertThat(job.lastSeq()).as(name).isEqualTo(Long.parseLong(expected(name, "lastSeq")));
        }
        assertThat(job.route()).as(name).isEqualTo(expected(name, "route"));
        assertThat(job.spec().acceptedAt()).as(name).hasToString(expected(name, "acceptedAt"));
        assertThat(journal.history(job.id(), 0)
                        .map(event -> event.seq() + ":" + event.name())
                        .collectList()
                        .block(LIMIT))
                .as(name)
                .startsWith(expected(name, "events").split(","));
        assertThat(sum(journal.request(job.id()).flatMapMany(request -> request.body())))
                .as(name)
                .isEqualTo(expected(name, "request.sha256"));
        if (expected.containsKey(name + ".result.sha256")) {
            assertThat(sum(journal.result(job.id()).flatMapMany(result -> result.body())))
                    .as(name)
                    .isEqualTo(expected(name, "result.sha256"));
        }
        if (expected.containsKey(name + ".key")) {
            IdempotencyKey key = IdempotencyKey.of(job.route(), "", expected(name, "key"));
            assertThat(journal.holds(key).block(LIMIT)).as(name).isNotNull();
        }
        List<JobEvent> events = journal.history(job.id(), 0).collectList().block(LIMIT);
        assertThat(events.get(events.size() - 1).seq()).as(name).isEqualTo(job.lastSeq());
    }

    private Lookup found(Journal journal, String name) {
        return journal.find(id(name)).block(LIMIT);
    }

    private JobId id(String name) {
        return JobId.parse(expected(name, "id")).orElseThrow();
    }

    private String expected(String name, String what) {
        return Objects.requireNonNull(expected.getProperty(name + "." + what), name + "." + what);
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>();
        expected.stringPropertyNames().stream()
                .filter(key -> key.endsWith(".id"))
                .forEach(key -> names.add(key.substring(0, key.length() - ".id".length())));
        return names;
    }

    private EmbeddedJournal open() {
        MutableClock clock = new MutableClock();
        return new EmbeddedJournal(
                RocksStores.open(directory),
                new JournalClock(clock, clock::nanos),
                clock::leaseNanos,
                FollowUps.NONE,
                new SimpleMeterRegistry());
    }

    private static String sum(Flux<byte[]> body) {
        MessageDigest digest = IdempotencyKey.sha256();
        body.doOnNext(digest::update).blockLast(LIMIT);
        return HexFormat.of().formatHex(digest.digest());
    }

    private InputStream resource(String ending) {
        return Objects.requireNonNull(getClass().getResourceAsStream(STORED + ending), STORED + ending);
    }
}
