-- Moves jobs to their ends. part: that of an answer in pieces.
with x as materialized (
  select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bool[], $5::text[], $6::int[], $7::bigint[],
                       $8::bigint[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[], $13::bigint[],
                       $14::int[])
    as u(id, seq, fence, leased, state, attempt, keep, keep_until, failure, progress, answer, result, part, untried)),
{moving},
{cut},
gone as (delete from live where id = any(array(select id from k))),
gm as materialized (select grp, id as job, seq + 1 as number, ord, was, state::"char" as became, now as at from k),
{grouped}
insert into outcome (id, seq, fence, due_at, started_at, finished_at, expires_at, attempt, state, failure,
                     progress, answer, result, untried)
  select id, seq + 1, coalesce(part, fence), due_at, started_at, now, greatest(now + keep, keep_until), attempt, state::"char", failure,
         progress, answer, result, untried
    from k
  returning id, finished_at
