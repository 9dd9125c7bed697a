-- A page of the events of a group; those of jobs with the jobs as they stand, and null where there is no more of them.
select {any}, p.seq, p.kind, p.at, p.state, p.number, p.event_at, p.attempt, p.event_kind, p.body
  from (select e.seq, e.job, e.number, e.at, e.kind::text, e.state, v.at as event_at, v.attempt, v.kind::text as event_kind, v.body,
               sum(octet_length(v.body)) over (order by e.seq rows between unbounded preceding and 1 preceding) as before
          from (select * from group_event where grp = $1 and seq > $2 and seq <= $3 order by seq limit {most}) e
          left join lateral (select * from event where job = e.job and seq = e.number offset 0) v on true) p
 cross join lateral (select p.job as id offset 0) x {by-id}
 where coalesce(p.before, 0) < {bytes}
 order by p.seq
