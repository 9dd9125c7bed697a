package dev.sluice.journal.core;

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
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Output;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JobCodecTest {

    private static final JobId ID = new JobId(0x0123456789abcdefL, -2);
    private static final Instant T = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final Failure FAILURE = new Failure(Problem.BACKEND_STATUS, "It answered 500 – ünicode 🚰.");

    private static final JobSpec SPEC = JobSpec.builder(T, 5, Duration.ofDays(400))
            .urgency(7)
            .keepUntil(T.plusMillis(1))
            .estimate(new Estimate(T, T.plusSeconds(9), T.plusSeconds(12)))
            .deadline(T.plusMillis(7))
            .redriveOf(new JobId(-1, 6))
            .build();

    /** The same as it was first stored, without the attributes that were introduced later. */
    private static final byte[] ORIGINAL = HexFormat.of()
            .parseHex("0107b4a38ec5a034058080bfdf8001b5a38ec5a034b4a38ec5a034dce98ec5a034bba38ec5a034"
                    + "10ffffffffffffffff0000000000000006");

    @ParameterizedTest
    @EnumSource(JobState.class)
    void aFullJobComesBackTheSame(JobState state) {
        Job job = full(state);
        assertThat(read(write(job))).isEqualTo(job);
        assertThat(JobCodec.spec(JobCodec.spec(job.spec()))).isEqualTo(job.spec());
    }

    @Test
    void whatIsMissingStaysMissing() {
        Job job = bare();
        assertThat(read(write(job))).isEqualTo(job);
        assertThat(JobCodec.failure((byte[]) null)).isNull();
        assertThat(JobCodec.progress((byte[]) null)).isNull();
        assertThat(JobCodec.resultInfo((byte[]) null)).isNull();
    }

    @Test
    void partsByThemselvesComeBackTheSame() {
        ResultInfo info = new ResultInfo(404, null, 1L << 40);
        Progress progress = new Progress(12.5, "page 4 🚰");
        Headers headers = Headers.of("Authorization", "Bearer x", "cookie", "a=é");
        assertThat(JobCodec.failure(JobCodec.failure(FAILURE))).isEqualTo(FAILURE);
        for (Failure unlikeItsKind : List.of(
                new Failure(Problem.BACKEND_PROTOCOL_ERROR, "It was cut short.", true),
                new Failure(Problem.BACKEND_STATUS, "It answered 404.", false))) {
            byte[] packed = JobCodec.failure(unlikeItsKind);
            assertThat(JobCodec.failure(packed)).isEqualTo(unlikeItsKind);
            packed[1] = 1; // what the version before took any other number but 0 for
            assertThat(JobCodec.failure(packed))
                    .isEqualTo(new Failure(unlikeItsKind.problem(), unlikeItsKind.detail()));
        }
        assertThat(JobCodec.progress(JobCodec.progress(progress))).isEqualTo(progress);
        assertThat(JobCodec.resultInfo(JobCodec.resultInfo(info))).isEqualTo(info);
        assertThat(JobCodec.headers(JobCodec.headers(headers))).isEqualTo(headers);
    }

    @Test
    void headsKeepRepeatedFieldsAndBodiesTheirBytes() {
        byte[] bytes = new byte[1000];
        new Random(1).nextBytes(bytes);
        Headers headers = Headers.of("Set-Cookie", "a=1", "set-cookie", "b=\u00e9", "Empty", "");
        JobRequest request =
                new JobRequest("M-SEARCH", "/a%2Fb//?q=%zz", headers, new JobRequest.Origin("::1", "https", "h:1"));
        JobCodec.RequestEntry read = JobCodec.request(JobCodec.request(request, new Body(1000, 0, bytes)));
        assertThat(read.head()).isEqualTo(request);
        assertThat(read.body().inline()).isEqualTo(bytes);
        assertThat(read.body().size()).isEqualTo(1000);

        JobResult result = new JobResult(599, headers);
        byte[] value = JobCodec.result(result, 9, new Body(1L << 33, 77, new byte[0]));
        for (JobCodec.ResultEntry answer : List.of(JobCodec.result(value), JobCodec.result(value, 4))) {
            assertThat(answer.head()).isEqualTo(result);
            assertThat(answer.part()).isEqualTo(9);
            assertThat(answer.body().size()).isEqualTo(1L << 33);
            assertThat(answer.body().pieces()).isEqualTo(77);
            assertThat(answer.even()).isTrue();
        }
    }

    @Test
    void eventsComeBackTheSame() {
        JobEvent requeued =
                new JobEvent.Requeued(ID, "reports", 3, T, RequeueReason.NODE_LOST, T.plusSeconds(4), FAILURE);
        assertComesBack(new JobEvent.Started(ID, "reports", 2, T, 4));
        assertComesBack(requeued);
        for (RequeueReason reason : RequeueReason.values()) {
            assertComesBack(new JobEvent.Requeued(ID, "reports", 3, T, reason, T.plusSeconds(4), FAILURE));
            assertComesBack(new JobEvent.Requeued(ID, "reports", 3, T, reason, T.plusSeconds(4), null));
        }
        for (Output output : List.of(
                Output.text("½\n", 0, 0),
                new Output(false, Base64.getDecoder().decode("AQ=="), 0, 0),
                Output.text("½", 1, 0),
                new Output(false, Base64.getDecoder().decode(""), 9, 1L << 40))) {
            assertComesBack(new JobEvent.Emitted(ID, "reports", 7, T, output));
        }
        for (Progress progress : List.of(
                new Progress(null, null), new Progress(0.0, null), new Progress(100.0, ""), new Progress(-0.0, "½"))) {
            assertComesBack(new JobEvent.Reported(ID, "reports", 9, T, progress, null));
            assertComesBack(new JobEvent.Reported(ID, "reports", 9, T, progress, "{\"page\":[4,\"½\"]}"));
        }
        byte[] end = EventCodec.event(new JobEvent.Finished(full(JobState.FAILED)));
        assertThat(EventCodec.event(ID, "reports", 9, end)).isNull();
    }

    @Test
    void whatIsDueWhenItIsRecordedIsDueAtThatTime() {
        JobEvent requeued = new JobEvent.Requeued(ID, "reports", 3, T, RequeueReason.NODE_LOST, T, FAILURE);
        Instant later = T.plusSeconds(9);
        JobEvent read = EventCodec.event(ID, "reports", 3, later, 0, 'r', EventCodec.detail(requeued, true));
        assertThat(((JobEvent.Requeued) read).nextAttemptAt()).isEqualTo(later);
    }

    /** Written by the embedded journal of earlier versions: job, event and answer, as bytes. */
    @ParameterizedTest
    @org.junit.jupiter.params.provider.ValueSource(ints = {1, 2})
    void olderFormsOfTheEmbeddedJournalAreStillRead(int form) {
        Packer old = new Packer(64)
                .put(form)
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
                .instant(null);
        if (form == 2) {
            old.instant(T.plusSeconds(1)).block(new byte[0]).put(1).put(0).optional("half");
        }
        old.put(0).number(0);
        Job job = new Job(
                ID,
                "reports",
                77,
                JobSpec.builder(T, 5, Duration.ofSeconds(1))
                        .deadline(form == 1 ? null : T.plusSeconds(1))
                        .build(),
                JobStatus.builder(JobState.QUEUED, T)
                        .lastSeq(4)
                        .fence(2)
                        .attempt(2)
                        .startedAt(T)
                        .progress(form == 1 ? null : new Progress(null, "half"))
                        .build());
        assertThat(read(old.toBytes())).isEqualTo(job);

        byte[] event = new Packer(16).put(form).put('s').instant(T).number(4).toBytes();
        assertThat(EventCodec.event(ID, "reports", 2, event)).isEqualTo(new JobEvent.Started(ID, "reports", 2, T, 4));

        byte[] answer = new Packer(16)
                .put(form)
                .number(9)
                .number(200)
                .number(0)
                .number(99)
                .number(2)
                .toBytes();
        JobCodec.ResultEntry read = JobCodec.result(answer);
        assertThat(read.part()).isEqualTo(9);
        assertThat(read.body().pieces()).isEqualTo(2);
        assertThat(read.even()).as("pieces of one size").isEqualTo(form == 2);
    }

    /** So that nodes of the version before, which share the journal, understand it. */
    @Test
    void aReasonThatIsNewIsOneOfTheOldForWhoDoesNotKnowIt() {
        for (RequeueReason reason : RequeueReason.values()) {
            JobEvent event = new JobEvent.Requeued(ID, "reports", 3, T, reason, T, null);
            Unpacker in = JobCodec.open(EventCodec.detail(event, false));
            assertThat(in.text()).isIn("RETRY", "NODE_STOPPED", "NODE_LOST");
        }
    }

    /** The third form did not tell tries from attempts. */
    @Test
    void theThirdFormIsStillRead() {
        Job job = full(JobState.RUNNING);
        Packer old = new Packer(128).put(3).put('r').text("reports").number(job.order());
        old.raw(Arrays.copyOfRange(ORIGINAL, 1, ORIGINAL.length));
        old.number(9)
                .number(3)
                .number(2)
                .instant(T)
                .instant(T)
                .instant(null)
                .put(0)
                .put(0)
                .put(0);
        JobStatus status = read(old.toBytes()).status();
        assertThat(status)
                .isEqualTo(JobStatus.builder(JobState.RUNNING, T)
                        .lastSeq(9)
                        .fence(3)
                        .attempt(2)
                        .tries(2)
                        .startedAt(T)
                        .build());
    }

    /** The fourth form had the status of a job behind its spec, without a length. */
    @Test
    void theFourthFormIsStillRead() {
        byte[] spec = JobCodec.spec(SPEC);
        byte[] key = {7, 7};
        Packer old = new Packer(128).put(4).put('r').text("reports").number(77);
        old.block(Arrays.copyOfRange(spec, 1, spec.length));
        old.number(9)
                .number(3)
                .number(4)
                .number(2)
                .instant(T)
                .instant(T.plusSeconds(5))
                .instant(T)
                .instant(null)
                .put(0)
                .put(0)
                .put(0);
        Unpacker in = new Unpacker(old.block(key).toBytes());
        assertThat(JobCodec.job(ID, in, JobCodec.form(in)))
                .isEqualTo(new Job(
                        ID,
                        "reports",
                        77,
                        SPEC,
                        JobStatus.builder(JobState.RUNNING, T)
                                .lastSeq(9)
                                .fence(3)
                                .attempt(4)
                                .tries(2)
                                .giveUpAt(T.plusSeconds(5))
                                .startedAt(T)
                                .build()));
        assertThat(in.block()).as("what follows the job").isEqualTo(key);
    }

    /** Written by the shared journal of earlier versions. */
    @Test
    void theFirstFormOfTheSharedJournalIsStillRead() {
        Job job = full(JobState.RUNNING);
        byte[] spec = JobCodec.spec(job.spec());
        assertThat(List.of(
                        spec,
                        JobCodec.failure(FAILURE),
                        JobCodec.progress(new Progress(1.0, null)),
                        JobCodec.resultInfo(new ResultInfo(200, null, 1)),
                        JobCodec.result(new JobResult(200, Headers.NONE), new Body(0, 0, new byte[0])),
                        EventCodec.detail(new JobEvent.Started(ID, "reports", 2, T, 4), false)))
                .as("what nodes of the version before may have to read")
                .allMatch(value -> value[0] == 1);
        assertThat(JobCodec.spec(spec)).isEqualTo(job.spec());
        byte[] answer =
                new Packer(16).put(1).number(200).number(0).number(99).number(2).toBytes();
        JobCodec.ResultEntry read = JobCodec.result(answer, 5);
        assertThat(read.part()).isEqualTo(5);
        assertThat(read.body().pieces()).isEqualTo(2);
        assertThat(read.even()).isTrue();
        assertThat(EventCodec.event(ID, "reports", 2, T, 4, 's', new byte[] {1}))
                .isEqualTo(new JobEvent.Started(ID, "reports", 2, T, 4));
    }

    @Test
    void aSpecHasOneStoredFormInEveryEngineAndVersion() {
        assertThat(JobCodec.spec(SPEC)).startsWith(ORIGINAL);
        assertThat(JobCodec.spec(ORIGINAL))
                .isEqualTo(SPEC.toBuilder().finishBy(null).build());
        byte[] alone = Arrays.copyOfRange(ORIGINAL, 1, ORIGINAL.length);
        assertThat(write(full(JobState.QUEUED))).containsSequence(alone);
    }

    /** So that nodes of two versions can share a journal, and a node can go back to the version before. */
    @Test
    void attributesOfALaterVersionArePassedOver() {
        byte[] stored = JobCodec.spec(SPEC);
        byte[] later = Arrays.copyOf(stored, stored.length + 3);
        later[stored.length] = 1;
        assertThat(JobCodec.spec(later)).isEqualTo(SPEC);

        Job job = full(JobState.RUNNING);
        byte[] spec = Arrays.copyOfRange(later, 1, later.length);
        Packer out = JobCodec.packer(128).put('r').text("reports").number(job.order());
        byte[] whole = write(job);
        int rest = out.toBytes().length + 1 + spec.length - 3;
        out.block(spec).raw(Arrays.copyOfRange(whole, rest, whole.length));
        assertThat(read(out.toBytes())).isEqualTo(job);
    }

    @Test
    void aNewerFormIsRefusedInsteadOfMisread() {
        byte[] newer = {JobCodec.FORM + 1, 0, 0};
        assertThatThrownBy(() -> read(newer))
                .isInstanceOf(JournalUnavailableException.class)
                .hasMessageContaining("newer Sluice");
        assertThatThrownBy(() -> EventCodec.event(ID, "reports", 1, newer))
                .isInstanceOf(JournalUnavailableException.class);
    }

    private static void assertComesBack(JobEvent event) {
        assertThat(EventCodec.event(ID, "reports", event.seq(), EventCodec.event(event)))
                .isEqualTo(event);
        int attempt = event instanceof JobEvent.Started started ? started.attempt() : 0;
        assertThat(EventCodec.event(
                        ID,
                        "reports",
                        event.seq(),
                        event.at(),
                        attempt,
                        EventCodec.kind(event),
                        EventCodec.detail(event, false)))
                .isEqualTo(event);
    }

    private static byte[] write(Job job) {
        Packer out = JobCodec.packer(128);
        JobCodec.job(out, job);
        return out.toBytes();
    }

    private static Job read(byte[] value) {
        Unpacker in = new Unpacker(value);
        return JobCodec.job(ID, in, JobCodec.form(in));
    }

    private static Job full(JobState state) {
        return new Job(
                ID,
                "reports",
                Long.MAX_VALUE,
                SPEC,
                JobStatus.builder(state, T)
                        .lastSeq(1L << 40)
                        .fence(3)
                        .attempt(7)
                        .tries(2)
                        .giveUpAt(T.plusSeconds(5))
                        .startedAt(T)
                        .finishedAt(T)
                        .failure(FAILURE)
                        .progress(new Progress(12.5, "page 4 🚰"))
                        .result(new ResultInfo(200, "a/b", 1L << 50))
                        .build());
    }

    private static Job bare() {
        return new Job(
                ID,
                "r",
                0,
                JobSpec.builder(Instant.EPOCH, 1, Duration.ZERO).urgency(0).build(),
                JobStatus.accepted(Instant.EPOCH));
    }
}
