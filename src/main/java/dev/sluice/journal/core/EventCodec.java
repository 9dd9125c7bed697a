package dev.sluice.journal.core;

import dev.sluice.job.Failure;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Output;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import java.time.Instant;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of events without job and number, which are their key, and without the route, which is in the job.
 * {@link JobEvent.Accepted} is not stored but derived from the job. Of {@link JobEvent.Finished} only the kind is
 * stored, because a finished job does not change.
 */
public final class EventCodec {

    /** Kind of the final event. */
    public static final char FINISHED = 'f';

    private EventCodec() {}

    /** A whole event. */
    public static byte[] event(JobEvent event) {
        Packer out = JobCodec.packer(48).put(kind(event));
        if (event instanceof JobEvent.Finished) {
            return out.toBytes();
        }
        out.instant(event.at());
        if (event instanceof JobEvent.Started started) {
            out.number(started.attempt());
        }
        return detail(out, event, false);
    }

    /** Reads what {@link #event(JobEvent)} wrote; null for the final event, which is derived from its job. */
    public static @Nullable JobEvent event(JobId id, String route, long seq, byte[] value) {
        Unpacker in = JobCodec.open(value);
        int kind = in.get();
        if (kind == FINISHED) {
            return null;
        }
        Instant at = in.present();
        int attempt = kind == 's' ? (int) in.number() : 0;
        return event(id, route, seq, at, attempt, kind, in);
    }

    /**
     * The content of an event without its kind, time and attempt, for an engine with columns for these.
     *
     * @param atOnce whether a requeued job is due at the time of recording, which only the database knows
     */
    public static byte[] detail(JobEvent event, boolean atOnce) {
        return detail(JobCodec.first(48), event, atOnce);
    }

    /** Reads what {@link #detail(JobEvent, boolean)} wrote; for a start it may be empty. */
    public static JobEvent event(JobId id, String route, long seq, Instant at, int attempt, char kind, byte[] detail) {
        return kind == 's'
                ? new JobEvent.Started(id, route, seq, at, attempt)
                : event(id, route, seq, at, attempt, kind, JobCodec.open(detail));
    }

    /** The kind of an event as one letter. */
    public static char kind(JobEvent event) {
        if (event instanceof JobEvent.Started) {
            return 's';
        } else if (event instanceof JobEvent.Reported) {
            return 'p';
        } else if (event instanceof JobEvent.Emitted) {
            return 'o';
        } else if (event instanceof JobEvent.Requeued) {
            return 'r';
        } else if (event instanceof JobEvent.Finished) {
            return FINISHED;
        }
        throw new IllegalArgumentException("not stored: " + event);
    }

    private static byte[] detail(Packer out, JobEvent event, boolean atOnce) {
        if (event instanceof JobEvent.Reported reported) {
            Packed.progress(out, reported.progress());
            out.optional(reported.further());
        } else if (event instanceof JobEvent.Emitted emitted) {
            output(out, emitted.output());
        } else if (event instanceof JobEvent.Requeued requeued) {
            RequeueReason known = known(requeued.reason());
            out.text(known.name()).instant(atOnce ? null : requeued.nextAttemptAt());
            Packed.failure(out, requeued.failure());
            if (known != requeued.reason()) {
                out.text(requeued.reason().name());
            }
        }
        return out.toBytes();
    }

    /** What versions take a reason for that do not know it; the reason itself comes last, which they ignore. */
    private static RequeueReason known(RequeueReason reason) {
        return switch (reason) {
            case RETRY, RETRY_AFTER, UNREACHABLE -> RequeueReason.RETRY;
            case NODE_STOPPED, NODE_LOST -> reason;
        };
    }

    /** Attempt and offset come last, so that older versions ignore them. */
    private static void output(Packer out, Output output) {
        out.put(output.text() ? 1 : 0);
        if (output.text()) {
            out.block(output.bytes());
        } else {
            out.text(Base64.getEncoder().encodeToString(output.bytes()));
        }
        if (output.attempt() > 0) {
            out.number(output.attempt()).number(output.offset());
        }
    }

    private static Output output(Unpacker in) {
        boolean text = in.get() == 1;
        byte[] bytes = text ? in.block() : Base64.getDecoder().decode(in.text());
        return in.hasMore() ? new Output(text, bytes, (int) in.number(), in.number()) : new Output(text, bytes, 0, 0);
    }

    private static JobEvent event(JobId id, String route, long seq, Instant at, int attempt, int kind, Unpacker in) {
        switch (kind) {
            case 's' -> {
                return new JobEvent.Started(id, route, seq, at, attempt);
            }
            case 'p' -> {
                Progress said = Objects.requireNonNull(Packed.progress(in), "a report says nothing");
                return new JobEvent.Reported(id, route, seq, at, said, in.optional());
            }
            case 'o' -> {
                return new JobEvent.Emitted(id, route, seq, at, output(in));
            }
            case 'r' -> {
                String reason = in.text();
                Instant next = in.instant();
                Failure failure = Packed.failure(in);
                RequeueReason why = RequeueReason.valueOf(in.hasMore() ? in.text() : reason);
                return new JobEvent.Requeued(id, route, seq, at, why, next == null ? at : next, failure);
            }
            default -> throw new IllegalStateException("unknown kind of event: " + kind);
        }
    }
}
