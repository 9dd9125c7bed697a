-- Moves jobs back to the queue. An insert that always finds its row is an update that needs no join.
with data as materialized (select $1::bytea as b),
x as materialized (
  select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bool[], $6::int[], $7::bigint[], $8::int[],
                       $9::int[], $10::int[])
    as u(id, seq, fence, leased, attempt, due, start, failures, bodies)),
{moving},
m as (insert into live as l (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route, failure)
  select k.id, k.rank, k.ord, coalesce(k.due, k.now), k.seq + 1, k.fence, k.attempt, k.urgency,
         case when k.due > k.now then 'd'::"char" else 'q'::"char" end, k.route,
         substring(data.b from k.start for k.failures)
    from k, data
  on conflict (id) do update set state = excluded.state, due_at = excluded.due_at, seq = excluded.seq,
      attempt = excluded.attempt, lease_until = null, claim = null, failure = excluded.failure),
{cut}
insert into event (job, seq, at, attempt, kind, body)
  select k.id, k.seq + 1, k.now, 0, 'r', substring(data.b from k.start + coalesce(k.failures, 0) for k.bodies)
    from k, data
  returning job, at
