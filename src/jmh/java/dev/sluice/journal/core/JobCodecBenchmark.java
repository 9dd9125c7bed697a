package dev.sluice.journal.core;

import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The stored form of a job, written at each of its moves and read wherever it is asked for. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class JobCodecBenchmark {

    private static final JobId ID = new JobId(0x0123456789abcdefL, -2);
    private static final Instant ACCEPTED = Instant.parse("2026-11-23T13:41:07.123Z");

    private final Job job = new Job(
            ID,
            "reports",
            1_000_000,
            JobSpec.builder(ACCEPTED, 5, Duration.ofHours(1))
                    .estimate(new Estimate(ACCEPTED, ACCEPTED.plusSeconds(9), ACCEPTED.plusSeconds(12)))
                    .build(),
            JobStatus.accepted(ACCEPTED));
    private final byte[] stored = write();

    @Benchmark
    public byte[] write() {
        Packer out = JobCodec.packer(128);
        JobCodec.job(out, job);
        return out.toBytes();
    }

    @Benchmark
    public Job read() {
        Unpacker in = new Unpacker(stored);
        return JobCodec.job(ID, in, JobCodec.form(in));
    }
}
