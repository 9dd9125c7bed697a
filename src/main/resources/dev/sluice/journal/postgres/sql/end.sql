-- Moves jobs to their ends; says beside each whether a group has finished with any of them. part: that of an answer in pieces, or of one that came by a later call.
with x as materialized (
  select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[], $6::text[], $7::int[],
                       $8::bigint[], $9::bigint[], $10::bytea[], $11::bytea[], $12::bytea[], $13::bytea[], $14::bigint[],
                       $15::int[])
    as u(id, seq, fence, leased, parked, state, attempt, keep, keep_until, failure, progress, answer, result, part, untried)),
{moving},
{unanswered},
{cut},
gone as (delete from live where id = any(array(select id from k))),
gm as materialized (select grp, id as job, seq + 1 as number, ord, was, state::"char" as became, now as at from k),
{grouped}
insert into outcome (id, seq, fence, due_at, started_at, finished_at, expires_at, attempt, state, failure,
                     progress, answer, result, untried, part)
  select id, seq + 1, case when part & 4294967295 = fence then part else fence end, due_at, started_at, now,
         greatest(now + keep, keep_until), attempt, state::"char", failure, progress, answer, result, untried, case when part & 4294967295 <> fence then part end
    from k
  returning id, finished_at, (select bool_or(finishes = 1) from gt)
