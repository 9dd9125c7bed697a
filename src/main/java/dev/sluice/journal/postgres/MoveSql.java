package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.Journal;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.EventCodec;
import dev.sluice.journal.core.JobCodec;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The three statements by which jobs move: to an end, back to the queue, and on as they run. */
final class MoveSql {

    private MoveSql() {}

    static final String END = Sql.of("end", Map.of("kept", Journal.HISTORY_KEPT));

    static final String REQUEUE = Sql.of("requeue", Map.of("kept", Journal.HISTORY_KEPT));

    static final String TELL = Sql.of("tell", Map.of("kept", Journal.HISTORY_KEPT));

    /** A move and what it leads to, but for the time. */
    record Planned(Move move, Decision.Step step) {}

    static @Nullable Object[] end(List<Planned> moves) {
        int many = moves.size();
        Common common = new Common(moves);
        String[] states = new String[many];
        Integer[] attempts = new Integer[many];
        Long[] keeps = new Long[many];
        @Nullable Long[] keepUntils = new @Nullable Long[many];
        @Nullable Integer[] failures = new @Nullable Integer[many];
        @Nullable Integer[] progresses = new @Nullable Integer[many];
        @Nullable Integer[] answers = new @Nullable Integer[many];
        @Nullable Integer[] results = new @Nullable Integer[many];
        for (int i = 0; i < many; i++) {
            Job after = moves.get(i).step().after();
            states[i] = Rows.letter(after.state());
            attempts[i] = after.attempt();
            keeps[i] = after.keep().toMillis();
            keepUntils[i] = Rows.millis(after.keepUntil());
            common.starts[i] = common.blobs.next();
            failures[i] = common.blobs.add(JobCodec.failure(after.failure()));
            progresses[i] = common.blobs.add(JobCodec.progress(after.progress()));
            answers[i] = common.blobs.add(JobCodec.answerInfo(after.result()));
            results[i] = common.blobs.add(moves.get(i).move().result());
        }
        return common.with(states, attempts, keeps, keepUntils, common.starts, failures, progresses, answers, results);
    }

    static @Nullable Object[] requeue(List<Planned> moves) {
        int many = moves.size();
        Common common = new Common(moves);
        Integer[] attempts = new Integer[many];
        @Nullable Long[] due = new @Nullable Long[many];
        @Nullable Integer[] failures = new @Nullable Integer[many];
        @Nullable Integer[] bodies = new @Nullable Integer[many];
        for (int i = 0; i < many; i++) {
            Decision.Step step = moves.get(i).step();
            boolean atOnce = isDueAtOnce(moves.get(i).move());
            attempts[i] = step.after().attempt();
            due[i] = atOnce ? null : (Long) step.after().dueAt().toEpochMilli();
            common.starts[i] = common.blobs.next();
            failures[i] = common.blobs.add(JobCodec.failure(step.after().failure()));
            bodies[i] = common.blobs.add(EventCodec.detail(step.event(), atOnce));
        }
        return common.with(attempts, due, common.starts, failures, bodies);
    }

    static @Nullable Object[] tell(List<Planned> moves) {
        int many = moves.size();
        Common common = new Common(moves);
        String[] kinds = new String[many];
        @Nullable Integer[] progresses = new @Nullable Integer[many];
        @Nullable Integer[] bodies = new @Nullable Integer[many];
        for (int i = 0; i < many; i++) {
            Decision.Step step = moves.get(i).step();
            kinds[i] = String.valueOf(EventCodec.kind(step.event()));
            common.starts[i] = common.blobs.next();
            progresses[i] = common.blobs.add(JobCodec.progress(step.after().progress()));
            bodies[i] = common.blobs.add(EventCodec.detail(step.event(), false));
        }
        return common.with(kinds, common.starts, progresses, bodies);
    }

    /** What goes back without a time of its own is due when that is recorded. */
    static boolean isDueAtOnce(Move move) {
        return move.transition instanceof Transition.Lose;
    }

    /** Whether the lease must hold or have run out, which no number of an event tells; null if it does not matter. */
    private static @Nullable Boolean leased(Guard guard) {
        return switch (guard) {
            case HOLDER -> true;
            case LEASE_OUT -> false;
            case ANYONE, DEADLINE_PASSED -> null;
        };
    }

    /** The parameters that all three have. */
    private static final class Common {

        private final Blobs blobs = new Blobs();
        private final UUID[] ids;
        private final Long[] seqs;
        private final Long[] fences;
        private final @Nullable Boolean[] leased;
        private final Integer[] starts;

        Common(List<Planned> moves) {
            int many = moves.size();
            ids = new UUID[many];
            seqs = new Long[many];
            fences = new Long[many];
            leased = new @Nullable Boolean[many];
            starts = new Integer[many];
            for (int i = 0; i < many; i++) {
                Planned planned = moves.get(i);
                JobId id = planned.move().id;
                ids[i] = Rows.uuid(id);
                seqs[i] = planned.step().before().lastSeq();
                fences[i] = planned.step().before().fence();
                leased[i] = leased(planned.move().guard);
            }
        }

        @Nullable
        Object[] with(@Nullable Object... own) {
            @Nullable Object[] all = new @Nullable Object[5 + own.length];
            all[0] = blobs.all();
            all[1] = ids;
            all[2] = seqs;
            all[3] = fences;
            all[4] = leased;
            System.arraycopy(own, 0, all, 5, own.length);
            return all;
        }
    }
}
