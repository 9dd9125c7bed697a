-- Events of the given numbers; output as the block that begins with it, kind b.
select e.job, e.seq, e.at, e.kind, e.body
  from unnest($1::uuid[], $2::bigint[]) x(id, seq)
 cross join lateral (
   select * from (select job, seq, at, kind::text, body from event where job = x.id and seq = x.seq) a
   union all
   select * from (select job, seq, at, 'b', block from output where job = x.id and seq = x.seq) b) e
