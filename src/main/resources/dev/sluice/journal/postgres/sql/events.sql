-- A page of the events of a job.
select e.job, e.seq, e.at, e.attempt, e.kind::text, e.body
  from event e where e.job = $1 and e.seq > $2 order by e.seq limit {most}
