-- The events of jobs after the given numbers.
select e.job, e.seq, e.at, e.attempt, e.kind::text, e.body
  from unnest($1::uuid[], $2::bigint[]) x(id, after)
 cross join lateral (select * from event where job = x.id and seq > x.after offset 0) e
 order by e.seq
