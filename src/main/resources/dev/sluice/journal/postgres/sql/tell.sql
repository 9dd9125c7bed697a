-- Moves jobs on as they run: reports and output.
with data as materialized (select $1::bytea as b),
x as materialized (
  select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::int[], $8::int[],
                       $9::int[])
    as u(id, seq, fence, mode, kind, start, progresses, bodies)),
m as (update live l set
    seq = l.seq + 1, progress = substring(data.b from x.start for x.progresses)
  from x, data where {guard}
  returning l.id, l.seq),
{cut}
insert into event (job, seq, at, attempt, kind, body)
  select m.id, m.seq, millis(), 0, x.kind::"char",
         substring(data.b from x.start + coalesce(x.progresses, 0) for x.bodies)
    from m join x using (id), data
  returning job, at
