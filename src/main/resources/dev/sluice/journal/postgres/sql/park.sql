-- Parks jobs, without an event. due: when they are to be checked on; null: now. rise: by how much the fence rises. An insert that
-- always finds its row is an update that needs no join.
with x as materialized (
  select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[], $6::bytea[], $7::bigint[],
                       $8::bigint[])
    as u(id, seq, fence, leased, parked, awaiting, due, rise)),
{moving}
insert into live as l (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route, awaiting)
  select k.id, k.rank, k.ord, coalesce(k.due, k.now), k.seq, k.fence + k.rise, 0, k.urgency, 'r', k.route, k.awaiting
    from k
  on conflict (id) do update set parked = true, awaiting = excluded.awaiting, due_at = excluded.due_at, lease_until = null,
      claim = null, stream = null, fence = excluded.fence
  returning id, (select now from k limit 1)
