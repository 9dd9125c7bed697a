package dev.sluice.journal.postgres;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Job;
import dev.sluice.job.Transition;
import dev.sluice.journal.Journal;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.Decision.Step;
import dev.sluice.journal.core.EventCodec;
import dev.sluice.journal.core.JobCodec;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The statements that move jobs: to a final state, back to the queue, and while running. */
final class MoveSql {

    private MoveSql() {}

    /** Of a long history the oldest events are removed each time so many are added. */
    static final int TRIMMED_AT_ONCE = 256;

    /** How much is kept of a long history. */
    static final Map<String, Integer> TRIMMED = Map.of("kept", Journal.HISTORY_KEPT, "step", TRIMMED_AT_ONCE);

    static final String END = Sql.of("end", TRIMMED);

    static final String REQUEUE = Sql.of("requeue", TRIMMED);

    static final String TELL = Sql.of("tell", TRIMMED);

    static final String PARK = Sql.of("park");

    static final String COMPLETE = Sql.of("complete");

    /** A move with its decided step, without its time. */
    record Planned(PendingMove move, Step step) {}

    static @Nullable Object[] end(List<Planned> moves) {
        int many = moves.size();
        String[] states = new String[many];
        Integer[] attempts = new Integer[many];
        Long[] keeps = new Long[many];
        @Nullable Long[] keepUntils = new @Nullable Long[many];
        byte[] @Nullable [] failures = new byte[many] @Nullable [];
        byte[] @Nullable [] progresses = new byte[many] @Nullable [];
        byte[] @Nullable [] resultInfos = new byte[many] @Nullable [];
        byte[] @Nullable [] results = new byte[many] @Nullable [];
        @Nullable Long[] parts = new @Nullable Long[many];
        Integer[] untried = new Integer[many];
        for (int i = 0; i < many; i++) {
            Job after = moves.get(i).step().after();
            states[i] = Rows.letter(after.state());
            attempts[i] = after.attempt();
            keeps[i] = after.spec().keep().toMillis();
            keepUntils[i] = Rows.millis(after.spec().keepUntil());
            failures[i] = JobCodec.failure(after.failure());
            progresses[i] = JobCodec.progress(after.progress());
            resultInfos[i] = JobCodec.resultInfo(after.result());
            results[i] = moves.get(i).move().result();
            parts[i] = moves.get(i).move().part();
            untried[i] = after.attempt() - after.tries();
        }
        return parameters(
                moves, states, attempts, keeps, keepUntils, failures, progresses, resultInfos, results, parts, untried);
    }

    static @Nullable Object[] requeue(List<Planned> moves) {
        int many = moves.size();
        Integer[] attempts = new Integer[many];
        @Nullable Long[] due = new @Nullable Long[many];
        byte[] @Nullable [] failures = new byte[many] @Nullable [];
        byte[][] bodies = new byte[many][];
        Integer[] untried = new Integer[many];
        @Nullable Long[] giveUps = new @Nullable Long[many];
        for (int i = 0; i < many; i++) {
            Step step = moves.get(i).step();
            boolean atOnce = isDueAtOnce(moves.get(i).move());
            attempts[i] = step.after().attempt();
            due[i] = atOnce ? null : (Long) step.after().dueAt().toEpochMilli();
            failures[i] = JobCodec.failure(step.after().failure());
            bodies[i] = EventCodec.detail(step.told(), atOnce);
            untried[i] = step.after().attempt() - step.after().tries();
            giveUps[i] = Rows.millis(step.after().giveUpAt());
        }
        return parameters(moves, attempts, due, failures, bodies, untried, giveUps);
    }

    static @Nullable Object[] tell(List<Planned> moves) {
        int many = moves.size();
        String[] kinds = new String[many];
        byte[] @Nullable [] progresses = new byte[many] @Nullable [];
        byte[][] bodies = new byte[many][];
        @Nullable Long[] silences = new @Nullable Long[many];
        for (int i = 0; i < many; i++) {
            Step step = moves.get(i).step();
            kinds[i] = String.valueOf(EventCodec.kind(step.told()));
            progresses[i] = JobCodec.progress(step.after().progress());
            bodies[i] = EventCodec.detail(step.told(), false);
            silences[i] = silence(step.after());
        }
        return parameters(moves, kinds, progresses, bodies, silences);
    }

    private static @Nullable Long silence(Job after) {
        return after.parked() && after.awaiting() instanceof Awaiting.Completion completion
                ? (Long) completion.timeout().toMillis()
                : null;
    }

    static @Nullable Object[] park(List<Planned> moves) {
        int many = moves.size();
        byte[] @Nullable [] awaiting = new byte[many] @Nullable [];
        @Nullable Long[] due = new @Nullable Long[many];
        Long[] rises = new Long[many];
        for (int i = 0; i < many; i++) {
            Job after = moves.get(i).step().after();
            rises[i] = after.fence() - moves.get(i).step().before().fence();
            awaiting[i] = JobCodec.awaiting(after.awaiting());
            due[i] = isDueAtOnce(moves.get(i).move())
                    ? null
                    : (Long) after.dueAt().toEpochMilli();
        }
        return parameters(moves, awaiting, due, rises);
    }

    static @Nullable Object[] complete(List<Planned> moves) {
        int many = moves.size();
        byte[] @Nullable [] awaiting = new byte[many] @Nullable [];
        byte[] @Nullable [] answers = new byte[many] @Nullable [];
        @Nullable Long[] parts = new @Nullable Long[many];
        Boolean[] pieced = new Boolean[many];
        for (int i = 0; i < many; i++) {
            PendingMove move = moves.get(i).move();
            awaiting[i] = JobCodec.awaiting(moves.get(i).step().after().awaiting());
            answers[i] = move.result();
            parts[i] = move.part();
            pieced[i] = move.isPieced();
        }
        return parameters(moves, awaiting, answers, parts, pieced);
    }

    /** A lost job is due when its loss is recorded. */
    static boolean isDueAtOnce(PendingMove move) {
        return move.transition instanceof Transition.Lose;
    }

    /**
     * Whether the lease must be valid or expired, which the numbers do not imply; null if it does not matter.
     */
    private static @Nullable Boolean leased(Guard guard) {
        return switch (guard) {
            case HOLDER -> true;
            case LEASE_OUT -> false;
            case ANYONE, DEADLINE_PASSED -> null;
        };
    }

    /** Combines the parameters common to all with the others. */
    static @Nullable Object[] parameters(List<Planned> moves, Object... own) {
        int many = moves.size();
        UUID[] ids = new UUID[many];
        Long[] seqs = new Long[many];
        Long[] fences = new Long[many];
        @Nullable Boolean[] leased = new @Nullable Boolean[many];
        Boolean[] parked = new Boolean[many];
        for (int i = 0; i < many; i++) {
            Job before = moves.get(i).step().before();
            ids[i] = Rows.uuid(before.id());
            seqs[i] = before.lastSeq();
            fences[i] = before.fence();
            leased[i] = leased(moves.get(i).move().guard);
            parked[i] = before.parked();
        }
        return Stream.concat(Stream.of(ids, seqs, fences, leased, parked), Stream.of(own))
                .toArray();
    }
}
