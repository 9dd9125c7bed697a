-- Moves jobs on as they run: reports and output. silence: how long after it a backend that will call later may be
-- silent; its job is parked again if it is being checked on. An insert that always finds its row is an update that needs no join.
with x as materialized (
  select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[], $6::text[], $7::bytea[], $8::bytea[],
                       $9::bigint[])
    as u(id, seq, fence, leased, parked, kind, progress, body, silence)),
{moving},
m as (insert into live as l (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route, progress, parked)
  select k.id, k.rank, k.ord, coalesce(k.now + k.silence, k.due_at), k.seq + 1,
         k.fence + (k.silence is not null and not k.parked)::int, 0, k.urgency, 'r', k.route, k.progress,
         k.parked or k.silence is not null
    from k
  on conflict (id) do update set seq = excluded.seq, due_at = excluded.due_at, progress = excluded.progress,
      fence = excluded.fence, parked = excluded.parked,
      lease_until = case when not excluded.parked then l.lease_until end,
      claim = case when not excluded.parked then l.claim end),
{cut},
gm as materialized (
  select grp, id as job, seq + 1 as number, ord, was, was as became, now as at from k where kind <> 'o'),
{grouped}
insert into event (job, seq, at, attempt, kind, body)
  select id, seq + 1, now, 0, kind::"char", body from k
  returning job, at
