package dev.sluice.journal.core;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Progress;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of jobs and of the heads of bodies, for every engine. A value begins with the number of its form; the
 * older forms that an engine may have written are still read. Constants of enums are stored by name, so that their order
 * may change. Events are {@link EventCodec}'s.
 */
public final class JobCodec {

    /**
     * The form of jobs, events and results as the embedded journal writes them. Form 4 had no length in front of the
     * status of a job, which waited for nothing; form 3 had none in front of the spec either, and did not tell tries from attempts; form 2 had the parts of a job in another order; form 1 also had neither deadlines nor progress,
     * and pieces of uneven length.
     */
    static final int FORM = 5;

    /** In place of the part of a result: that of a request, which no result has. */
    private static final int STREAMED = 0;

    private JobCodec() {}

    /** Begins a job, or another value in this form. */
    public static Packer packer(int expected) {
        return new Packer(expected).put(FORM);
    }

    /** Begins a value whose layout has not changed since the first form, so that nodes of every version can read it. */
    static Packer first(int expected) {
        return new Packer(expected).put(1);
    }

    /**
     * Reads the number of a value's form, with which it begins.
     *
     * @throws JournalUnavailableException if only a newer version knows the form
     */
    public static int form(Unpacker in) {
        int form = in.get();
        if (form < 1 || form > FORM) {
            throw new JournalUnavailableException(
                    "The journal was written by a newer Sluice: it has values of form " + form
                            + ", and this version knows " + FORM
                            + " at most. Start that version again; nothing was changed.",
                    null);
        }
        return form;
    }

    /** A whole job but for its id. */
    public static void job(Packer out, Job job) {
        out.put(letter(job.state())).text(job.route()).number(job.order()).block(spec(job.spec(), new Packer(48)));
        out.block(status(job));
    }

    private static byte[] status(Job job) {
        Packer out = new Packer(64)
                .number(job.lastSeq())
                .number(job.fence())
                .number(job.attempt())
                .number(job.tries())
                .instant(job.dueAt())
                .instant(job.giveUpAt())
                .instant(job.startedAt())
                .instant(job.finishedAt());
        Packed.progress(out, job.progress());
        Packed.failure(out, job.failure());
        Packed.resultInfo(out, job.result());
        Packed.awaiting(out, job.awaiting());
        return out.put(job.parked() ? 1 : 0).toBytes();
    }

    /** As {@link #job(Packer, Job)}, of any form. */
    public static Job job(JobId id, Unpacker in, int form) {
        JobState state = state(in.get());
        String route = in.text();
        long order = in.number();
        if (form < 3) {
            return older(id, state, route, order, in, form);
        }
        JobSpec spec = form == 3 ? SpecCodec.original(in).build() : SpecCodec.unpack(new Unpacker(in.block()));
        return new Job(
                id,
                route,
                order,
                spec,
                form == 3 ? withoutTries(state, in) : status(state, form == 4 ? in : new Unpacker(in.block()), form));
    }

    private static JobStatus status(JobState state, Unpacker in, int form) {
        return new JobStatus(
                state,
                in.number(),
                in.number(),
                (int) in.number(),
                (int) in.number(),
                in.present(),
                in.instant(),
                in.instant(),
                in.instant(),
                Packed.progress(in),
                Packed.failure(in),
                Packed.resultInfo(in),
                form == 4 ? null : Packed.awaiting(in),
                form != 4 && in.get() == 1);
    }

    /** Each attempt of form 3 counted as a try. */
    private static JobStatus withoutTries(JobState state, Unpacker in) {
        long seq = in.number();
        long fence = in.number();
        int attempt = (int) in.number();
        return JobStatus.builder(state, in.present())
                .lastSeq(seq)
                .fence(fence)
                .attempt(attempt)
                .startedAt(in.instant())
                .finishedAt(in.instant())
                .progress(Packed.progress(in))
                .failure(Packed.failure(in))
                .result(Packed.resultInfo(in))
                .build();
    }

    /** The spec of a job by itself. */
    public static byte[] spec(JobSpec spec) {
        return spec(spec, first(48));
    }

    /** As {@link #spec(JobSpec)}. */
    public static JobSpec spec(byte[] value) {
        return SpecCodec.unpack(open(value));
    }

    private static byte[] spec(JobSpec spec, Packer out) {
        SpecCodec.pack(out, spec);
        return out.toBytes();
    }

    /** Head of a request and, unless it is in pieces, its body behind it. */
    public static byte[] request(JobRequest head, Body body) {
        Packer out = first(192 + body.inline().length);
        Packed.request(out, head);
        return body(out, body);
    }

    /** As {@link #request(JobRequest, Body)}. */
    public static RequestEntry request(byte[] value) {
        Unpacker in = open(value);
        return new RequestEntry(Packed.request(in), body(in));
    }

    /**
     * Head of a result and, unless it is in pieces, its body behind it.
     *
     * @param part under which its pieces were written, see {@link BodyName}
     */
    public static byte[] result(JobResult head, long part, Body body) {
        Packer out = packer(128 + body.inline().length).number(part);
        Packed.result(out, head);
        return body(out, body);
    }

    /**
     * Head of a response whose body is in {@link OutputBlock}s.
     *
     * @param first the number of the first of its output events
     */
    public static byte[] streamed(JobResult head, long first) {
        Packer out = packer(128).number(STREAMED);
        Packed.result(out, head);
        return out.number(first).toBytes();
    }

    /** The head of a result by itself. */
    public static byte[] resultHead(JobResult head) {
        Packer out = first(128);
        Packed.result(out, head);
        return out.toBytes();
    }

    /** As {@link #resultHead(JobResult)}. */
    public static JobResult resultHead(byte[] value) {
        return Packed.result(open(value));
    }

    /** As {@link #result(JobResult, long, Body)} or {@link #streamed}. */
    public static ResultEntry result(byte[] value) {
        Unpacker in = new Unpacker(value);
        int form = form(in);
        long part = in.number();
        JobResult head = Packed.result(in);
        return part == STREAMED
                ? new ResultEntry(head, 0, new Body(0, 0, new byte[0]), true, in.number())
                : new ResultEntry(head, part, body(in), form > 1, 0);
    }

    /**
     * As {@link #result(JobResult, long, Body)} for an engine that stores the part in a column, which only the first
     * form allows.
     */
    public static byte[] result(JobResult head, Body body) {
        Packer out = first(128 + body.inline().length);
        Packed.result(out, head);
        return body(out, body);
    }

    /** As {@link #result(byte[])}, where the first form had the part in a column. */
    public static ResultEntry result(byte[] value, long part) {
        Unpacker in = new Unpacker(value);
        if (form(in) > 1) {
            return result(value);
        }
        return new ResultEntry(Packed.result(in), part, body(in), true, 0);
    }

    /** Header fields by themselves, such as the credentials of a request. */
    public static byte[] headers(Headers headers) {
        Packer out = first(64);
        Packed.headers(out, headers);
        return out.toBytes();
    }

    /** As {@link #headers(Headers)}. */
    public static Headers headers(byte[] value) {
        return Packed.headers(open(value));
    }

    /** The result info of a job by itself; null if there is none. */
    public static byte @Nullable [] resultInfo(@Nullable ResultInfo info) {
        return alone(info, Packed::resultInfo);
    }

    /** As {@link #resultInfo(ResultInfo)}. */
    public static @Nullable ResultInfo resultInfo(byte @Nullable [] value) {
        return value == null ? null : Packed.resultInfo(open(value));
    }

    /** A failure by itself; null if there is none. */
    public static byte @Nullable [] failure(@Nullable Failure failure) {
        return alone(failure, Packed::failure);
    }

    /** As {@link #failure(Failure)}. */
    public static @Nullable Failure failure(byte @Nullable [] value) {
        return value == null ? null : Packed.failure(open(value));
    }

    /** What a job waits for by itself; null if it does not. */
    public static byte @Nullable [] awaiting(@Nullable Awaiting awaiting) {
        return alone(awaiting, Packed::awaiting);
    }

    /** As {@link #awaiting(Awaiting)}. */
    public static @Nullable Awaiting awaiting(byte @Nullable [] value) {
        return value == null ? null : Packed.awaiting(open(value));
    }

    /** Progress by itself; null if there is none. */
    public static byte @Nullable [] progress(@Nullable Progress progress) {
        return alone(progress, Packed::progress);
    }

    /** As {@link #progress(Progress)}. */
    public static @Nullable Progress progress(byte @Nullable [] value) {
        return value == null ? null : Packed.progress(open(value));
    }

    private static <T> byte @Nullable [] alone(@Nullable T value, BiConsumer<Packer, T> packing) {
        if (value == null) {
            return null;
        }
        Packer out = first(64);
        packing.accept(out, value);
        return out.toBytes();
    }

    /** A state as one letter. */
    public static char letter(JobState state) {
        return switch (state) {
            case QUEUED -> 'q';
            case RUNNING -> 'r';
            case SUCCEEDED -> 's';
            case FAILED -> 'f';
            case CANCELLED -> 'c';
        };
    }

    /** As {@link #letter(JobState)}. */
    public static JobState state(int letter) {
        return switch (letter) {
            case 'q' -> JobState.QUEUED;
            case 'r' -> JobState.RUNNING;
            case 's' -> JobState.SUCCEEDED;
            case 'f' -> JobState.FAILED;
            case 'c' -> JobState.CANCELLED;
            default -> throw new IllegalStateException("unknown state: " + letter);
        };
    }

    /** A stored request and where the bytes of its body are. */
    public record RequestEntry(JobRequest head, Body body) {}

    /**
     * A stored result and where the bytes of its body are.
     *
     * @param part under which its pieces were written
     * @param even whether all pieces but the last have {@link BodyIntake#PIECE} bytes
     * @param first the number of the first output event if the body is in {@link OutputBlock}s, else 0
     */
    public record ResultEntry(JobResult head, long part, Body body, boolean even, long first) {

        /** Whether the body is in {@link OutputBlock}s. */
        public boolean isStreamed() {
            return first > 0;
        }
    }

    private static byte[] body(Packer out, Body body) {
        return out.number(body.size()).number(body.pieces()).raw(body.inline()).toBytes();
    }

    private static Body body(Unpacker in) {
        return new Body(in.number(), (int) in.number(), in.rest());
    }

    static Unpacker open(byte[] value) {
        Unpacker in = new Unpacker(value);
        form(in);
        return in;
    }

    /** The rest of a job as the embedded journal wrote it in the forms 1 and 2. */
    private static Job older(JobId id, JobState state, String route, long order, Unpacker in, int form) {
        int urgency = in.get();
        Instant acceptedAt = in.present();
        int attempt = (int) in.number();
        JobSpec.Builder spec = JobSpec.builder(acceptedAt, (int) in.number(), Duration.ofMillis(in.number()))
                .urgency(urgency)
                .keepUntil(in.instant());
        long seq = in.number();
        long fence = in.number();
        JobStatus.Builder status = JobStatus.builder(state, in.present())
                .lastSeq(seq)
                .fence(fence)
                .attempt(attempt)
                .startedAt(in.instant())
                .finishedAt(in.instant());
        spec.estimate(SpecCodec.estimate(in.instant(), in.instant()));
        if (form == 2) {
            spec.deadline(in.instant()).redriveOf(SpecCodec.id(in.block()));
            status.progress(Packed.progress(in));
        }
        status.failure(Packed.failure(in)).result(Packed.resultInfo(in));
        return new Job(id, route, order, spec.build(), status.build());
    }
}
