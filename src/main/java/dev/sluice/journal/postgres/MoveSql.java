package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.Journal;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The three statements by which jobs move: to an end, back to the queue, and on as they run. */
final class MoveSql {

    private MoveSql() {}

    /** The row of a move, and under which conditions it is made. {@code x.mode} is that of its guard. */
    private static final String GUARD = """
            l.id = any($2) and l.id = x.id and l.seq = x.seq and l.fence = x.fence and case x.mode
              when 0 then true
              when 1 then l.state = 'r' and l.lease_until > millis()
              when 2 then l.state = 'r' and l.lease_until <= millis()
              else l.deadline <= millis() end""";

    /** Of a long history the oldest event but the first goes with each new one. */
    private static final String CUT = """
            cut as (delete from event e using m where e.job = any(array(select id from m where seq > %1$d))
              and m.seq > %1$d and e.job = m.id and e.seq = m.seq - %1$d)""".formatted(Journal.HISTORY_KEPT);

    static final String END = Sql.compact("""
            with data as materialized (select $1::bytea as b),
            x as materialized (
              select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::int[], $8::bigint[],
                                   $9::bigint[], $10::int[], $11::int[], $12::int[], $13::int[], $14::int[])
                as u(id, seq, fence, mode, state, attempt, keep, keep_until, start, failures, progresses, answers, results)),
            m as (delete from live l using x where %s
              returning l.id, l.seq + 1 as seq, l.fence, l.due_at, l.started_at),
            %s
            insert into outcome (id, seq, fence, due_at, started_at, finished_at, expires_at, attempt, state, failure,
                                 progress, answer, result)
              select m.id, m.seq, m.fence, m.due_at, m.started_at, millis(),
                     greatest(millis() + x.keep, x.keep_until), x.attempt, x.state::"char",
                     substring(data.b from x.start for x.failures),
                     substring(data.b from x.start + coalesce(x.failures, 0) for x.progresses),
                     substring(data.b from x.start + coalesce(x.failures, 0) + coalesce(x.progresses, 0) for x.answers),
                     substring(data.b from x.start + coalesce(x.failures, 0) + coalesce(x.progresses, 0)
                       + coalesce(x.answers, 0) for x.results)
                from m join x using (id), data
              returning id, finished_at""".formatted(GUARD, CUT));

    static final String REQUEUE = Sql.compact("""
            with data as materialized (select $1::bytea as b),
            x as materialized (
              select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::int[], $6::int[], $7::bigint[], $8::int[],
                                   $9::int[], $10::int[])
                as u(id, seq, fence, mode, attempt, due, start, failures, bodies)),
            m as (update live l set
                state = case when coalesce(x.due, 0) > millis() then 'd'::"char" else 'q'::"char" end,
                due_at = coalesce(x.due, millis()), seq = l.seq + 1, attempt = x.attempt, lease_until = null, claim = null,
                failure = substring(data.b from x.start for x.failures)
              from x, data where %s
              returning l.id, l.seq),
            %s
            insert into event (job, seq, at, attempt, kind, body)
              select m.id, m.seq, millis(), 0, 'r',
                     substring(data.b from x.start + coalesce(x.failures, 0) for x.bodies)
                from m join x using (id), data
              returning job, at""".formatted(GUARD, CUT));

    static final String TELL = Sql.compact("""
            with data as materialized (select $1::bytea as b),
            x as materialized (
              select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::int[], $8::int[],
                                   $9::int[])
                as u(id, seq, fence, mode, kind, start, progresses, bodies)),
            m as (update live l set
                seq = l.seq + 1, progress = substring(data.b from x.start for x.progresses)
              from x, data where %s
              returning l.id, l.seq),
            %s
            insert into event (job, seq, at, attempt, kind, body)
              select m.id, m.seq, millis(), 0, x.kind::"char",
                     substring(data.b from x.start + coalesce(x.progresses, 0) for x.bodies)
                from m join x using (id), data
              returning job, at""".formatted(GUARD, CUT));

    /** A move and what it leads to, but for the time. */
    record Planned(Move move, Job before, Job.Step step) {}

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
            Job after = moves.get(i).step().job();
            states[i] = Codec.letter(after.state());
            attempts[i] = after.attempt();
            keeps[i] = after.keep().toMillis();
            keepUntils[i] = Rows.millis(after.keepUntil());
            common.starts[i] = common.blobs.next();
            failures[i] = common.blobs.add(Codec.failure(after.failure()));
            progresses[i] = common.blobs.add(Codec.progress(after.progress()));
            answers[i] = common.blobs.add(Codec.answer(after.result()));
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
            Job.Step step = moves.get(i).step();
            boolean atOnce = isDueAtOnce(moves.get(i).move());
            attempts[i] = step.job().attempt();
            due[i] = atOnce ? null : (Long) step.job().dueAt().toEpochMilli();
            common.starts[i] = common.blobs.next();
            failures[i] = common.blobs.add(Codec.failure(step.job().failure()));
            bodies[i] = common.blobs.add(Codec.event(step.event(), atOnce));
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
            JobEvent event = moves.get(i).step().event();
            kinds[i] = Codec.kind(event);
            common.starts[i] = common.blobs.next();
            progresses[i] =
                    common.blobs.add(Codec.progress(moves.get(i).step().job().progress()));
            bodies[i] = common.blobs.add(Codec.event(event, false));
        }
        return common.with(kinds, common.starts, progresses, bodies);
    }

    /** What goes back without a time of its own is due when that is recorded. */
    static boolean isDueAtOnce(Move move) {
        return move.transition instanceof Transition.Lose;
    }

    /** The parameters that all three have. */
    private static final class Common {

        private final Blobs blobs = new Blobs();
        private final UUID[] ids;
        private final Long[] seqs;
        private final Long[] fences;
        private final Integer[] modes;
        private final Integer[] starts;

        Common(List<Planned> moves) {
            int many = moves.size();
            ids = new UUID[many];
            seqs = new Long[many];
            fences = new Long[many];
            modes = new Integer[many];
            starts = new Integer[many];
            for (int i = 0; i < many; i++) {
                Planned planned = moves.get(i);
                JobId id = planned.move().id;
                ids[i] = Rows.uuid(id);
                seqs[i] = planned.before().lastSeq();
                fences[i] = planned.before().fence();
                modes[i] = planned.move().guard.mode;
            }
        }

        @Nullable Object[] with(@Nullable Object... own) {
            @Nullable Object[] all = new @Nullable Object[5 + own.length];
            all[0] = blobs.all();
            all[1] = ids;
            all[2] = seqs;
            all[3] = fences;
            all[4] = modes;
            System.arraycopy(own, 0, all, 5, own.length);
            return all;
        }
    }
}
