-- Records batches of output, each as blocks and in one step. many: how many events; head: with the first batch of a response.
-- nth: how many events of its batch come before a block. An insert that always finds its row is an update that needs no join.
with x as materialized (
  select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[], $6::int[], $7::bytea[], $8::bytea[])
    as u(id, seq, fence, leased, parked, many, progress, head)),
{moving},
b as materialized (
  select * from unnest($9::uuid[], $10::int[], $11::int[], $12::bigint[], $13::bytea[]) as u(job, nth, many, till, block)),
m as (insert into live as l (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route, progress, stream)
  select k.id, k.rank, k.ord, k.due_at, k.seq + k.many, k.fence, 0, k.urgency, 'r', k.route, k.progress,
         case when k.head is not null then k.seq + 1 end
    from k
  on conflict (id) do update set seq = excluded.seq, progress = excluded.progress,
      stream = coalesce(excluded.stream, l.stream)),
cut as (delete from event where ctid = any(array(
  select e.ctid from k cross join lateral (
    select ctid from event where job = k.id and kind <> 'o' order by seq desc offset {kept}) e
   where k.seq >= {kept} and (k.seq + k.many) / {step} > k.seq / {step})))
insert into output (job, seq, at, till, many, head, block)
  select k.id, k.seq + 1 + b.nth, k.now, b.till, b.many, case when b.nth = 0 then k.head end, b.block
    from b cross join lateral (select * from k where k.id = b.job) k
  returning job, at
