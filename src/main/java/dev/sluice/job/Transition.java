package dev.sluice.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One move of a job after its acceptance. {@link Job#apply} says which are legal from where. */
public sealed interface Transition {

    /** The number of characters of its text of unbounded length. */
    default int length() {
        return 0;
    }

    /** {@code queued → running}: a node begins the next attempt. */
    record Start() implements Transition {}

    /**
     * {@code running → running}: the backend reported progress.
     *
     * @param further as in {@link JobEvent.Reported}
     */
    record Report(Progress progress, @Nullable String further) implements Transition {
        @Override
        public int length() {
            return further == null ? 0 : further.length();
        }
    }

    /** {@code running → running}: a piece of the response arrived that may become the result. */
    record Emit(Output output) implements Transition {
        @Override
        public int length() {
            return output.bytes().length;
        }
    }

    /**
     * {@code running → queued}.
     *
     * @param reason why
     * @param dueAt not to be started before
     * @param failure what went wrong, if something did
     * @param called whether the backend may have seen the call; if not, its number is used again
     * @param giveUpAt when the job fails with what it last met unless it was started before; ignored for reasons that use up
     *     a try or tell nothing about the backend
     */
    record Requeue(
            RequeueReason reason,
            Instant dueAt,
            @Nullable Failure failure,
            boolean called,
            @Nullable Instant giveUpAt) implements Transition {

        /** Requeues a job that is not given up; it was called if the reason uses up a try. */
        public Requeue(RequeueReason reason, Instant dueAt, @Nullable Failure failure) {
            this(reason, dueAt, failure, reason.usesTry(), null);
        }
    }

    /**
     * {@code running → queued}, or {@code → failed} if no attempt is left: the node of the attempt died or its lease
     * expired.
     */
    record Lose() implements Transition {}

    /**
     * {@code running → running}, without an event: the backend has taken the work over, or a check found nothing new; the job is
     * parked.
     *
     * @param dueAt when it is to be checked on
     */
    record Await(Awaiting awaiting, Instant dueAt) implements Transition {}

    /** {@code running → running}, without an event: a node begins to check on a parked job. */
    record Resume() implements Transition {}

    /**
     * {@code running → running}, without an event: the backend has sent the answer of an attempt by a later call. The job is
     * parked and due at once; whoever holds a claim of it loses it.
     *
     * @param attempt the attempt that it answers
     */
    record Complete(int attempt) implements Transition {}

    /**
     * {@code running → running}, without an event: the backend of a parked job has begun to send the answer of an attempt by a later
     * call, or goes on with it; the time in which it is to be heard of starts anew. Whoever holds a claim of it, to find
     * that the backend is silent, loses it.
     *
     * @param attempt the attempt that it answers
     */
    record Hear(int attempt) implements Transition {}

    /** {@code running → succeeded}. */
    record Succeed(ResultInfo result) implements Transition {}

    /**
     * {@code running | queued → failed}.
     *
     * @param failure why
     * @param result what the backend answered, if it did
     */
    record Fail(Failure failure, @Nullable ResultInfo result) implements Transition {}

    /**
     * {@code queued | running → failed}: the job's deadline passed, or it has waited too long for a backend that cannot be
     * called; legal only for a job that has a deadline or may be given up.
     */
    record MissDeadline() implements Transition {}

    /**
     * {@code queued | running → cancelled}.
     *
     * @param erased whether the job is about to be erased, so that its end is to have no consequences
     */
    record Cancel(boolean erased) implements Transition {

        /** Cancels a job that is kept. */
        public Cancel() {
            this(false);
        }
    }
}
