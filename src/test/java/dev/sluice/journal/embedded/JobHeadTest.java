package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Estimate;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.ResultInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class JobHeadTest {

    /** As the version wrote it that had the spec without its length in front. */
    private static final String FORM_3 =
            "0366077265706f727473ffffffffffffffff7f07b4a38ec5a034058080bfdf8001b5a38ec5a034"
                    + "b4a38ec5a034dce98ec5a034bba38ec5a03410ffffffffffffffff00000000000000068080808080200302b4a38ec5a034b4a38ec5"
                    + "a034b4a38ec5a0340101808080808080c094400106706167652034010e4241434b454e445f53544154555310497420616e73776572"
                    + "6564203530302ec8010103612f628080808080808002020102030401";

    private static final JobId ID = new JobId(0x0123456789abcdefL, -2);
    private static final Instant T = Instant.parse("2026-11-23T13:41:07.123Z");

    private final Job job = new Job(
            ID,
            "reports",
            Long.MAX_VALUE,
            JobSpec.builder(T, 5, Duration.ofDays(400))
                    .urgency(7)
                    .keepUntil(T.plusMillis(1))
                    .estimate(new Estimate(T, T.plusSeconds(9)))
                    .deadline(T.plusMillis(7))
                    .redriveOf(new JobId(-1, 6))
                    .build(),
            JobStatus.builder(JobState.FAILED, T)
                    .lastSeq(1L << 40)
                    .fence(3)
                    .attempt(2)
                    .startedAt(T)
                    .finishedAt(T)
                    .progress(new Progress(12.5, "page 4"))
                    .failure(new Failure(Problem.BACKEND_STATUS, "It answered 500."))
                    .result(new ResultInfo(200, "a/b", 1L << 50))
                    .build());

    @Test
    void comesBackTheSame() {
        JobHead head = new JobHead(job, new byte[] {1, 2}, 3, 4, true, new StoredEvents(7, 8, 9, 10));
        assertHead(head.bytes());
        assertThat(JobHead.of(ID, head.bytes()).events()).isEqualTo(head.events());
    }

    @Test
    void theFormBeforeIsStillRead() {
        byte[] stored = HexFormat.of().parseHex(FORM_3);
        assertHead(stored);
        assertThat(JobHead.of(ID, stored).events()).isEqualTo(new StoredEvents(1L << 40, 0, 0, 0));
    }

    private void assertHead(byte[] stored) {
        JobHead head = JobHead.of(ID, stored);
        assertThat(head.job()).isEqualTo(job);
        assertThat(head.key()).containsExactly(1, 2);
        assertThat(head.requestPieces()).isEqualTo(3);
        assertThat(head.resultPieces()).isEqualTo(4);
        assertThat(head.credentials()).isTrue();
    }
}
