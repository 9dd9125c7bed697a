package dev.sluice.journal.embedded;

import dev.sluice.job.JobIds;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Journal;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.springframework.util.FileSystemUtils;
import reactor.core.publisher.Flux;

/** Appends to the embedded journal until they are on stable storage, {@code width} of them at once. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class EmbeddedJournalBenchmark {

    private static final int JOBS = 2_000;

    @Param({"1", "64", "512"})
    public int width;

    private final Clock clock = Clock.systemUTC();
    private final JobIds ids = new JobIds(clock);
    private Path directory;
    private Journal journal;

    @Setup(Level.Iteration)
    public void open() throws IOException {
        directory = Files.createTempDirectory("sluice-jmh");
        journal = new EmbeddedJournal(
                RocksStores.open(directory),
                new JournalClock(clock, System::nanoTime),
                System::nanoTime,
                FollowUps.NONE,
                new SimpleMeterRegistry());
    }

    @TearDown(Level.Iteration)
    public void close() throws IOException {
        journal.close();
        FileSystemUtils.deleteRecursively(directory);
    }

    @Benchmark
    @OperationsPerInvocation(JOBS)
    public Appended append() {
        return Flux.range(0, JOBS)
                .flatMap(
                        i -> {
                            Draft draft = new Draft(ids.next(), clock.instant());
                            return journal.append(draft.job(), draft.body());
                        },
                        width)
                .blockLast();
    }
}
