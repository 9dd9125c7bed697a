package dev.sluice.job;

import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** The id of a new job, made on as many event loops as there are cores. */
@State(Scope.Benchmark)
@Threads(2)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class JobIdsBenchmark {

    private final JobIds ids = new JobIds(Clock.systemUTC());
    private final JobId id = ids.next();
    private final String text = id.toString();

    @Benchmark
    public JobId next() {
        return ids.next();
    }

    @Benchmark
    public String format() {
        return id.toString();
    }

    @Benchmark
    public JobId parse() {
        return JobId.parse(text).orElseThrow();
    }
}
