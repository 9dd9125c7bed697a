-- Moves jobs on as they run: reports and output. An insert that always finds its row is an update that needs no join.
with data as materialized (select $1::bytea as b),
x as materialized (
  select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bool[], $6::text[], $7::int[], $8::int[],
                       $9::int[])
    as u(id, seq, fence, leased, kind, start, progresses, bodies)),
{moving},
m as (insert into live as l (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route, progress)
  select k.id, k.rank, k.ord, k.due_at, k.seq + 1, k.fence, 0, k.urgency, 'r', k.route,
         substring(data.b from k.start for k.progresses)
    from k, data
  on conflict (id) do update set seq = excluded.seq, progress = excluded.progress),
{cut}
insert into event (job, seq, at, attempt, kind, body)
  select k.id, k.seq + 1, k.now, 0, k.kind::"char",
         substring(data.b from k.start + coalesce(k.progresses, 0) for k.bodies)
    from k, data
  returning job, at
