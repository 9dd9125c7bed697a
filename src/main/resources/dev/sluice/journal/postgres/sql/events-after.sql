-- The events of jobs after the given numbers.
select e.job, e.seq, e.at, e.attempt, e.kind::text, e.body
  from unnest($1::uuid[], $2::bigint[]) x(id, after)
       join event e on e.job = any($1) and e.job = x.id and e.seq > x.after order by e.seq
