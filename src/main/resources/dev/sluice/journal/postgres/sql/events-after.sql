-- The events of jobs after the given numbers, as many of them as fit into a page.
select p.job, p.seq, p.at, p.attempt, p.kind, p.body
  from (select e.job, e.seq, e.at, e.attempt, e.kind::text, e.body,
               sum(octet_length(e.body))
                   over (order by e.seq, e.job rows between unbounded preceding and 1 preceding) before
          from unnest($1::uuid[], $2::bigint[]) x(id, after)
         cross join lateral (select * from event where job = x.id and seq > x.after order by seq limit {most}) e) p
 where coalesce(p.before, 0) < {bytes}
 order by p.seq, p.job
