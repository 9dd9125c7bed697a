-- A page of the events of a job, which ends with the one that makes it as large as a page may be.
select p.job, p.seq, p.at, p.attempt, p.kind, p.body
  from (select e.job, e.seq, e.at, e.attempt, e.kind::text, e.body,
               sum(octet_length(e.body)) over (order by e.seq rows between unbounded preceding and 1 preceding) before
          from (select * from event where job = $1 and seq > $2 order by seq limit {most}) e) p
 where coalesce(p.before, 0) < {bytes}
 order by p.seq
