package dev.sluice.journal.postgres;

import dev.sluice.journal.NewJob;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The statements by which jobs are accepted. */
final class AppendSql {

    /**
     * So many jobs ahead are counted for a new one; one that has more is told what this node knows of the queue, and so is
     * each while {@link Heads} are needed, because counting is as expensive as claiming then. Of those of a group that have
     * the same {@link Appends.Turn}, which differ in their order only, one is counted for all.
     */
    static final int COUNTED = 100;

    private AppendSql() {}

    private static final String DATA = """
            with data as materialized (select $1::bytea as b),
            x as materialized (
              select * from unnest($2::uuid[], $3::text[], $4::int[], $5::bigint[], $6::bool[], $7::bigint[], $8::bool[],
                                   $9::int[], $10::int[], $11::int[], $12::text[], $13::int[], $14::bool[])
                with ordinality as u(id, route, urgency, due, at_once, deadline, counted, start, details, requests,
                                     key, prints, pieced, n)),
            """;

    /**
     * Keys are taken in one order everywhere, or two nodes could wait for each other. Pieces of a body are there as long as
     * their row in {@code receiving} is: another node may have cleared them up while this one was not seen.
     */
    private static final String CONDITIONS = """
            r as (delete from receiving using x where x.pieced and receiving.job = x.id and receiving.part = 0
                and not exists (select from idempotency i where i.key = decode(x.key, 'hex'))
              returning receiving.job),
            w as (select x.* from x where not x.pieced or exists (select from r where r.job = x.id)),
            k as (insert into idempotency (key, job, fingerprint)
              select decode(w.key, 'hex'), w.id, substring(data.b from w.start + w.details + w.requests for w.prints)
                from w, data where w.key is not null order by w.key
              on conflict do nothing returning key, job),
            """;

    private static final String JOBS = """
            j as (insert into job (id, ord, route, key, detail, request)
              select s.id, nextval('acceptance'), s.route, decode(s.key, 'hex'),
                     substring(data.b from s.start for s.details),
                     substring(data.b from s.start + s.details for s.requests)
                from (select * from %2$s order by n) s, data
              on conflict do nothing returning id, ord),
            l as (insert into live (id, rank, ord, due_at, deadline, seq, fence, attempt, urgency, state, route)
              select x.id, millis() + x.urgency * 30000, j.ord, x.due, x.deadline, 1, 0, 0, x.urgency,
                     case when x.at_once or x.due <= millis() then 'q'::"char" else 'd'::"char" end, x.route
                from j join x using (id) returning id, rank, ord, state, route)
            select l.id, l.ord, l.rank, l.state::text, millis(),
                   case when x.counted and l.state = 'q' then
                     (select count(*) from (select from live a where a.route = l.route and a.state = 'q'
                        and (a.rank, a.ord) < (l.rank, l.ord) limit %1$d) c)
                     + (select count(*) from (select from live a where a.route = l.route and a.state = 'd'
                        and a.due_at <= millis() and (a.rank, a.ord) < (l.rank, l.ord) limit %1$d) c) end
              from l join x using (id)""";

    static final String PLAIN = Sql.compact(DATA + JOBS.formatted(COUNTED, "x"));
    static final String CONDITIONAL = Sql.compact(DATA
            + CONDITIONS
            + JOBS.formatted(COUNTED, "w where key is null or exists (select from k where k.job = w.id)"));

    static final String HOLDERS = "select encode(k.key, 'hex'), k.fingerprint, o.expires_at <= millis(), k.job, "
            + Rows.ANY
            + " from idempotency k left join lateral (select * from job where id = k.job offset 0) j on true"
            + " left join lateral (select * from live where id = k.job offset 0) l on true"
            + " left join lateral (select * from outcome where id = k.job offset 0) o on true"
            + " where k.key = any(array(select decode(h, 'hex') from unnest($1::text[]) h))";

    static final String RELEASE = "delete from idempotency where key = decode($1, 'hex') and job = $2";

    static final String MADE = "select j.id, j.ord from job j where j.id = any($1)";

    static @Nullable Object[] parameters(List<Appends.Append> group, LiveBacklog backlog) {
        int many = group.size();
        Blobs blobs = new Blobs();
        UUID[] ids = new UUID[many];
        String[] routes = new String[many];
        Integer[] urgencies = new Integer[many];
        @Nullable Long[] due = new @Nullable Long[many];
        Boolean[] atOnce = new Boolean[many];
        @Nullable Long[] deadlines = new @Nullable Long[many];
        Boolean[] counted = new Boolean[many];
        Integer[] starts = new Integer[many];
        @Nullable Integer[] details = new @Nullable Integer[many];
        @Nullable Integer[] requests = new @Nullable Integer[many];
        @Nullable String[] keys = new @Nullable String[many];
        @Nullable Integer[] prints = new @Nullable Integer[many];
        Boolean[] pieced = new Boolean[many];
        Set<Appends.Turn> known = new HashSet<>();
        for (int i = 0; i < many; i++) {
            Appends.Append append = group.get(i);
            NewJob job = append.wanted;
            ids[i] = Rows.uuid(job.id());
            routes[i] = job.route();
            urgencies[i] = job.urgency();
            due[i] = job.dueAt().toEpochMilli();
            atOnce[i] = !job.dueAt().isAfter(job.acceptedAt());
            deadlines[i] = Rows.millis(job.deadline());
            counted[i] = !backlog.heads().areNeeded()
                    && backlog.before(job.accepted(0)) < COUNTED
                    && (append.key != null || !atOnce[i] || known.add(append.turn()));
            starts[i] = blobs.next();
            details[i] = blobs.add(append.detail);
            requests[i] = blobs.add(append.request);
            keys[i] = append.key;
            prints[i] = blobs.add(append.print);
            pieced[i] = append.isPieced();
        }
        return new @Nullable Object[] {
            blobs.all(), ids, routes, urgencies, due, atOnce, deadlines, counted, starts, details, requests, keys, prints, pieced
        };
    }
}
