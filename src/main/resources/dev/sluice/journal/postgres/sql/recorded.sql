-- Events of the given numbers.
select e.job, e.seq, e.at, e.kind::text, e.body
  from unnest($1::uuid[], $2::bigint[]) x(id, seq)
 cross join lateral (select * from event where job = x.id and seq = x.seq offset 0) e
