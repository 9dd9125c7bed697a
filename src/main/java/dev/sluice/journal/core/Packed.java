package dev.sluice.journal.core;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.ResultInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Packs the variable-size parts of a job. The form number at the start of a stored value is written by
 * {@link JobCodec}. Enum constants are packed by name, so that their order may change.
 */
final class Packed {

    private static final int WITH_OUTPUTS = 2;
    private static final int UNLIKE_ITS_KIND = 2;

    private Packed() {}

    /** Packs the head of a request. */
    static void request(Packer out, JobRequest head) {
        out.text(head.method())
                .text(head.target())
                .text(head.origin().client())
                .text(head.origin().scheme())
                .text(head.origin().host());
        headers(out, head.headers());
    }

    /** Unpacks the head of a request. */
    static JobRequest request(Unpacker in) {
        String method = in.text();
        String target = in.text();
        JobRequest.Origin origin = new JobRequest.Origin(in.text(), in.text(), in.text());
        return new JobRequest(method, target, headers(in), origin);
    }

    /** Packs the head of a result. */
    static void result(Packer out, JobResult head) {
        out.number(head.status());
        headers(out, head.headers());
    }

    /** Unpacks the head of a result. */
    static JobResult result(Unpacker in) {
        return new JobResult((int) in.number(), headers(in));
    }

    /**
     * Packs an optional failure. Its first byte says whether it is retryable; older versions take it for a presence
     * flag.
     */
    static void failure(Packer out, @Nullable Failure failure) {
        if (failure == null) {
            out.put(0);
        } else {
            out.put(failure.retryable() == failure.problem().retryable() ? 1 : UNLIKE_ITS_KIND)
                    .text(failure.problem().name())
                    .text(failure.detail());
        }
    }

    /** Unpacks a failure; null if there is none. */
    static @Nullable Failure failure(Unpacker in) {
        int kind = in.get();
        if (kind == 0) {
            return null;
        }
        Problem problem = Problem.valueOf(in.text());
        return new Failure(problem, in.text(), problem.retryable() != (kind == UNLIKE_ITS_KIND));
    }

    /**
     * Packs optional progress. The count of outputs is present only if it is positive, which it is not in older values.
     */
    static void progress(Packer out, @Nullable Progress progress) {
        out.put(progress == null ? 0 : progress.outputs() == 0 ? 1 : WITH_OUTPUTS);
        if (progress != null) {
            Double percent = progress.percent();
            out.put(percent == null ? 0 : 1);
            if (percent != null) {
                out.number(Double.doubleToLongBits(percent)); // never negative
            }
            out.optional(progress.message());
            if (progress.outputs() > 0) {
                out.number(progress.outputs());
            }
        }
    }

    /** Unpacks progress; null if there is none. */
    static @Nullable Progress progress(Unpacker in) {
        int kind = in.get();
        if (kind == 0) {
            return null;
        }
        Double percent = in.get() == 0 ? null : Double.longBitsToDouble(in.number());
        String message = in.optional();
        return new Progress(percent, message, kind == WITH_OUTPUTS ? in.number() : 0);
    }

    /** Packs an optional result info. */
    static void resultInfo(Packer out, @Nullable ResultInfo info) {
        out.number(info == null ? 0 : info.status());
        if (info != null) {
            out.optional(info.contentType()).number(info.size());
        }
    }

    /** Unpacks a result info; null if there is none. */
    static @Nullable ResultInfo resultInfo(Unpacker in) {
        int status = (int) in.number();
        return status == 0 ? null : new ResultInfo(status, in.optional(), in.number());
    }

    /** Packs what a job waits for, if it does. */
    static void awaiting(Packer out, @Nullable Awaiting awaiting) {
        if (awaiting instanceof Awaiting.Operation operation) {
            out.put('o').text(operation.url()).instant(operation.since());
        } else if (awaiting instanceof Awaiting.Completion completion) {
            out.put('c').number(completion.timeout().toMillis());
        } else {
            out.put(awaiting instanceof Awaiting.Answered ? 'a' : 0);
        }
    }

    /** Unpacks what a job waits for; null if it does not. */
    static @Nullable Awaiting awaiting(Unpacker in) {
        int kind = in.get();
        return switch (kind) {
            case 0 -> null;
            case 'o' -> new Awaiting.Operation(in.text(), in.present());
            case 'c' -> new Awaiting.Completion(Duration.ofMillis(in.number()));
            case 'a' -> new Awaiting.Answered();
            default -> throw new IllegalStateException("unknown kind of awaiting: " + kind);
        };
    }

    static void headers(Packer out, Headers headers) {
        out.number(headers.fields().size());
        for (Header field : headers.fields()) {
            out.text(field.name()).text(field.value());
        }
    }

    static Headers headers(Unpacker in) {
        int count = (int) in.number();
        List<Header> fields = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            fields.add(new Header(in.text(), in.text()));
        }
        return new Headers(fields);
    }
}
