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
            return output.content().length();
        }
    }

    /**
     * {@code running → queued}.
     *
     * @param reason why
     * @param dueAt not to be started before
     * @param failure what went wrong, if something did
     */
    record Requeue(
            RequeueReason reason, Instant dueAt, @Nullable Failure failure) implements Transition {}

    /**
     * {@code running → queued}, or {@code → failed} if no attempt is left: the node of the attempt died or its lease
     * expired.
     */
    record Lose() implements Transition {}

    /** {@code running → succeeded}. */
    record Succeed(ResultInfo result) implements Transition {}

    /**
     * {@code running | queued → failed}.
     *
     * @param failure why
     * @param result what the backend answered, if it did
     */
    record Fail(Failure failure, @Nullable ResultInfo result) implements Transition {}

    /** {@code queued | running → failed}: the job's deadline passed; legal only for a job that has one. */
    record MissDeadline() implements Transition {}

    /** {@code queued | running → cancelled}. */
    record Cancel() implements Transition {}
}
