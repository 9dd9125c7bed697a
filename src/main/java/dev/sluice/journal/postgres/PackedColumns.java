package dev.sluice.journal.postgres;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Progress;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.EventCodec;
import dev.sluice.journal.core.JobCodec;
import org.jspecify.annotations.Nullable;

/**
 * What the packed columns hold: values of the core's codecs. They are numbered as form 1, because nodes of the version before
 * may read them, which know no other; the form that the core writes is laid out in the same way.
 */
final class PackedColumns {

    private static final byte FORM = 1;

    private PackedColumns() {}

    static byte[] detail(NewJob job) {
        return numbered(JobCodec.terms(job.accepted(0)));
    }

    static byte[] request(JobRequest head, Body body) {
        return numbered(JobCodec.request(head, body));
    }

    static byte[] result(JobResult head, Body body) {
        return numbered(JobCodec.answer(head, body));
    }

    /** Null if there are none. Nodes of the version before do not read them. */
    static byte @Nullable [] credentials(Headers fields) {
        return fields.fields().isEmpty() ? null : JobCodec.headers(fields);
    }

    static Headers credentials(byte @Nullable [] value) {
        return value == null ? Headers.NONE : JobCodec.headers(value);
    }

    static byte @Nullable [] failure(@Nullable Failure failure) {
        byte[] value = JobCodec.failure(failure);
        return value == null ? null : numbered(value);
    }

    static byte @Nullable [] progress(@Nullable Progress progress) {
        byte[] value = JobCodec.progress(progress);
        return value == null ? null : numbered(value);
    }

    static byte @Nullable [] answer(@Nullable ResultInfo info) {
        byte[] value = JobCodec.answerInfo(info);
        return value == null ? null : numbered(value);
    }

    /** See {@link EventCodec#detail(JobEvent, boolean)}. */
    static byte[] event(JobEvent event, boolean atOnce) {
        return numbered(EventCodec.detail(event, atOnce));
    }

    static String kind(JobEvent event) {
        return String.valueOf(EventCodec.kind(event));
    }

    static String letter(JobState state) {
        return String.valueOf(JobCodec.letter(state));
    }

    /** What waits for its time has a letter of its own here. */
    static JobState state(String letter) {
        return letter.equals("d") ? JobState.QUEUED : JobCodec.state(letter.charAt(0));
    }

    private static byte[] numbered(byte[] value) {
        value[0] = FORM;
        return value;
    }
}
