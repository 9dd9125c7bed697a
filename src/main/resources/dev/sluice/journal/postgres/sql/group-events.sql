-- A page of the events of a group; those of jobs with the jobs as they stand, and null where there is no more of them.
select {any}, p.seq, p.kind, p.at, p.state, p.number, p.event_at, p.attempt, p.event_kind, p.body
  from (select n.*, v.at as event_at, v.attempt, v.kind::text as event_kind, v.body,
               sum(octet_length(v.body)) over (order by n.seq rows between unbounded preceding and 1 preceding) as before
          from (select case when e.kind is null then e.seq - cardinality(e.jobs) + m.place else e.seq end as seq, m.job,
                       m.number, e.at, e.kind::text, e.state
                  from (select * from group_event where grp = $1 and seq > $2 order by seq limit {most}) e
                  left join lateral unnest(e.jobs, e.numbers) with ordinality m(job, number, place) on true
                 where e.kind is not null or e.seq - cardinality(e.jobs) + m.place > $2
                 order by e.seq, m.place limit {most}) n
          left join lateral (select * from event where job = n.job and seq = n.number offset 0) v on true
         where n.seq <= $3) p
 cross join lateral (select p.job as id offset 0) x {by-id}
 where coalesce(p.before, 0) < {bytes}
 order by p.seq
