package dev.sluice.journal.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.Estimate;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Packer;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CodecTest {

    private static final JobId ID = new JobId(0x0123456789abcdefL, -2);
    private static final Instant T = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final Failure FAILURE = new Failure(Problem.BACKEND_STATUS, "It answered 500 – ünicode 🚰.");

    @ParameterizedTest
    @EnumSource(JobState.class)
    void aFullEntryComesBackTheSame(JobState state) {
        Job job = new Job(
                ID,
                "reports",
                state,
                Long.MAX_VALUE,
                7,
                T,
                2,
                5,
                Duration.ofDays(400),
                T.plusMillis(1),
                new Estimate(T, T.plusSeconds(9)),
                T.plusMillis(7),
                new JobId(-1, 6),
                1L << 40,
                3,
                T,
                T,
                T,
                FAILURE,
                new ResultInfo(200, "a/b", 1L << 50),
                new Progress(12.5, "page 4 🚰"));
        byte[] key = {0, -1, 7};
        Entry read = Codec.entry(ID, Codec.entry(new Entry(job, key, 12, 1_000_000)));
        assertThat(read.job()).isEqualTo(job);
        assertThat(read.key()).isEqualTo(key);
        assertThat(read.requestPieces()).isEqualTo(12);
        assertThat(read.resultPieces()).isEqualTo(1_000_000);
    }

    @Test
    void whatIsMissingStaysMissing() {
        Job job = new Job(
                ID,
                "r",
                JobState.QUEUED,
                0,
                0,
                Instant.EPOCH,
                0,
                1,
                Duration.ZERO,
                null,
                null,
                null,
                null,
                1,
                0,
                Instant.EPOCH,
                null,
                null,
                null,
                null,
                null);
        assertThat(Codec.entry(ID, Codec.entry(new Entry(job, Entry.NO_KEY, 0, 0)))
                        .job())
                .isEqualTo(job);
    }

    @Test
    void headsKeepRepeatedFieldsAndBodiesTheirBytes() {
        byte[] bytes = new byte[1000];
        new Random(1).nextBytes(bytes);
        Headers headers = Headers.of("Set-Cookie", "a=1", "set-cookie", "b=\u00e9", "Empty", "");
        JobRequest request =
                new JobRequest("M-SEARCH", "/a%2Fb//?q=%zz", headers, new JobRequest.Origin("::1", "https", "h:1"));
        Codec.Stored<JobRequest> read = Codec.request(Codec.request(request, new Body(1000, 0, bytes)));
        assertThat(read.head()).isEqualTo(request);
        assertThat(read.body().inline()).isEqualTo(bytes);
        assertThat(read.body().size()).isEqualTo(1000);

        JobResult result = new JobResult(599, headers);
        Codec.StoredAnswer answer = Codec.result(Codec.result(result, 9, new Body(1L << 33, 77, new byte[0])));
        assertThat(answer.head()).isEqualTo(result);
        assertThat(answer.fence()).isEqualTo(9);
        assertThat(answer.body().size()).isEqualTo(1L << 33);
        assertThat(answer.body().pieces()).isEqualTo(77);
    }

    @Test
    void eventsComeBackTheSame() {
        JobEvent started = new JobEvent.Started(ID, "reports", 2, T, 4);
        JobEvent requeued =
                new JobEvent.Requeued(ID, "reports", 3, T, RequeueReason.NODE_LOST, T.plusSeconds(4), FAILURE);
        assertThat(Codec.event(ID, "reports", 2, Codec.event(started))).isEqualTo(started);
        for (dev.sluice.job.Output output : new dev.sluice.job.Output[] {
            new dev.sluice.job.Output(true, "½\n"), new dev.sluice.job.Output(false, "AQ==")
        }) {
            JobEvent emitted = new JobEvent.Emitted(ID, "reports", 7, T, output);
            assertThat(Codec.event(ID, "reports", 7, Codec.event(emitted))).isEqualTo(emitted);
        }
        for (Progress progress : new Progress[] {
            new Progress(null, null), new Progress(0.0, null), new Progress(100.0, ""), new Progress(-0.0, "½")
        }) {
            for (String further : new String[] {null, "{\"page\":[4,\"½\"]}"}) {
                JobEvent reported = new JobEvent.Reported(ID, "reports", 9, T, progress, further);
                assertThat(Codec.event(ID, "reports", 9, Codec.event(reported))).isEqualTo(reported);
            }
        }
        assertThat(Codec.event(ID, "reports", 3, Codec.event(requeued))).isEqualTo(requeued);
    }

    /** Written by the release before: job, event and answer, as bytes. */
    @Test
    void theFirstFormIsStillRead() {
        Packer old = new Packer(64)
                .put(1)
                .put('q')
                .text("reports")
                .number(77)
                .put(3)
                .instant(T)
                .number(2)
                .number(5)
                .number(1_000)
                .instant(null)
                .number(4)
                .number(2)
                .instant(T)
                .instant(T)
                .instant(null)
                .instant(null)
                .instant(null)
                .put(0)
                .number(0)
                .block(Entry.NO_KEY)
                .number(6)
                .number(0);
        Entry entry = Codec.entry(ID, old.toBytes());
        Job job = new Job(
                ID,
                "reports",
                JobState.QUEUED,
                77,
                3,
                T,
                2,
                5,
                Duration.ofSeconds(1),
                null,
                null,
                null,
                null,
                4,
                2,
                T,
                T,
                null,
                null,
                null,
                null);
        assertThat(entry.job()).isEqualTo(job);
        assertThat(entry.requestPieces()).isEqualTo(6);

        byte[] event = new Packer(16).put(1).put('s').instant(T).number(4).toBytes();
        assertThat(Codec.event(ID, "reports", 2, event)).isEqualTo(new JobEvent.Started(ID, "reports", 2, T, 4));

        byte[] answer = new Packer(16)
                .put(1)
                .number(9)
                .number(200)
                .number(0)
                .number(99)
                .number(2)
                .toBytes();
        Codec.StoredAnswer read = Codec.result(answer);
        assertThat(read.body().pieces()).isEqualTo(2);
        assertThat(read.even()).as("pieces of one size").isFalse();
        assertThat(Codec.result(Codec.result(new JobResult(200, Headers.NONE), 9, read.body()))
                        .even())
                .isTrue();
    }

    @Test
    void aNewerFormIsRefusedInsteadOfMisread() {
        byte[] newer = {3, 0, 0};
        assertThatThrownBy(() -> Codec.entry(ID, newer)).hasMessageContaining("newer Sluice");
    }
}
