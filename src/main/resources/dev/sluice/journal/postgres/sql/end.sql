-- Moves jobs to their ends.
with data as materialized (select $1::bytea as b),
x as materialized (
  select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bool[], $6::text[], $7::int[], $8::bigint[],
                       $9::bigint[], $10::int[], $11::int[], $12::int[], $13::int[], $14::int[])
    as u(id, seq, fence, leased, state, attempt, keep, keep_until, start, failures, progresses, answers, results)),
{moving},
{cut},
gone as (delete from live where id = any(array(select id from k)))
insert into outcome (id, seq, fence, due_at, started_at, finished_at, expires_at, attempt, state, failure,
                     progress, answer, result)
  select k.id, k.seq + 1, k.fence, k.due_at, k.started_at, k.now, greatest(k.now + k.keep, k.keep_until), k.attempt,
         k.state::"char",
         substring(data.b from k.start for k.failures),
         substring(data.b from k.start + coalesce(k.failures, 0) for k.progresses),
         substring(data.b from k.start + coalesce(k.failures, 0) + coalesce(k.progresses, 0) for k.answers),
         substring(data.b from k.start + coalesce(k.failures, 0) + coalesce(k.progresses, 0)
           + coalesce(k.answers, 0) for k.results)
    from k, data
  returning id, finished_at
