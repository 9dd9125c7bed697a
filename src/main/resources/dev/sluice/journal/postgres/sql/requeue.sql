-- Moves jobs back to the queue.
with data as materialized (select $1::bytea as b),
x as materialized (
  select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::int[], $6::int[], $7::bigint[], $8::int[],
                       $9::int[], $10::int[])
    as u(id, seq, fence, mode, attempt, due, start, failures, bodies)),
m as (update live l set
    state = case when coalesce(x.due, 0) > millis() then 'd'::"char" else 'q'::"char" end,
    due_at = coalesce(x.due, millis()), seq = l.seq + 1, attempt = x.attempt, lease_until = null, claim = null,
    failure = substring(data.b from x.start for x.failures)
  from x, data where {guard}
  returning l.id, l.seq),
{cut}
insert into event (job, seq, at, attempt, kind, body)
  select m.id, m.seq, millis(), 0, 'r',
         substring(data.b from x.start + coalesce(x.failures, 0) for x.bodies)
    from m join x using (id), data
  returning job, at
