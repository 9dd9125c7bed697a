-- Events of the given numbers.
select e.job, e.seq, e.at, e.kind::text, e.body
  from unnest($1::uuid[], $2::bigint[]) x(id, seq) join event e on e.job = any($1) and e.job = x.id and e.seq = x.seq
