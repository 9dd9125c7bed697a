package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Output;
import dev.sluice.job.Progress;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** An event as its readers see it, encoded once for all of them. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SseFrameBenchmark {

    private static final JobId ID = new JobId(0x0123456789abcdefL, -2);
    private static final Instant AT = Instant.parse("2026-11-23T13:41:07.123Z");

    private final JobJson json = new JobJson(new JobLinks("/jobs"));
    private final JobEvent started = new JobEvent.Started(ID, "reports", 2, AT, 1);
    private final JobEvent progress =
            new JobEvent.Reported(ID, "reports", 3, AT, new Progress(40.0, "rendering page 4"), null);
    private final JobEvent output = new JobEvent.Emitted(
            ID,
            "reports",
            4,
            AT,
            Output.text("The water level has risen by two centimetres since the gate was opened. ", 1, 4_096));

    @Benchmark
    public SseFrame started() {
        return SseFrame.of(started, json);
    }

    @Benchmark
    public SseFrame progress() {
        return SseFrame.of(progress, json);
    }

    @Benchmark
    public SseFrame output() {
        return SseFrame.of(output, json);
    }
}
