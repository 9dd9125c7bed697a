-- Moves jobs to their ends.
with data as materialized (select $1::bytea as b),
x as materialized (
  select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::int[], $8::bigint[],
                       $9::bigint[], $10::int[], $11::int[], $12::int[], $13::int[], $14::int[])
    as u(id, seq, fence, mode, state, attempt, keep, keep_until, start, failures, progresses, answers, results)),
m as (delete from live l using x where {guard}
  returning l.id, l.seq + 1 as seq, l.fence, l.due_at, l.started_at),
{cut}
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
  returning id, finished_at
