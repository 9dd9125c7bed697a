-- Stores the answers that came by a later call, and parks their jobs, due now; without an event. The pieces of an answer are
-- there as long as their row in receiving is, see append-conditional; from here on they belong to the job. An answer whose
-- pieces are gone is returned without a time.
with y as materialized (
  select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[], $6::bytea[], $7::bytea[], $8::bigint[],
                       $9::bool[])
    as u(id, seq, fence, leased, parked, awaiting, answer, part, pieced)),
r as materialized (
  select y.id from (select * from y where pieced order by id) y cross join lateral (
    select from receiving where job = y.id and part = y.part and node <> '00000000-0000-0000-0000-000000000000' for update) r),
x as materialized (select * from y where not pieced or id in (select id from r)),
{moving},
done as (delete from receiving where job = any(array(select id from k)) and (job, part) in (select id, part from k where pieced)),
m as (insert into live as l (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route, awaiting, answered, answer_part)
  select k.id, k.rank, k.ord, k.now, k.seq, k.fence + 1, 0, k.urgency, 'r', k.route, k.awaiting, k.answer, k.part
    from k
  on conflict (id) do update set parked = true, awaiting = excluded.awaiting, due_at = excluded.due_at, lease_until = null,
      claim = null, stream = null, fence = excluded.fence, answered = excluded.answered, answer_part = excluded.answer_part)
select id, now from k union all select id, null from y where pieced and not id in (select id from r)
