-- The events of jobs after the given numbers, as many of them as fit into a page. Output comes in blocks, as in events.
select p.job, p.seq, p.at, p.attempt, p.kind, p.body, p.many
  from (select e.*, sum(octet_length(e.body))
                   over (order by e.seq, e.job rows between unbounded preceding and 1 preceding) bytes
          from unnest($1::uuid[], $2::bigint[]) x(id, after)
         cross join lateral (select * from (
           (select job, seq, at, attempt, kind::text, body, 1 as many from event
             where job = x.id and seq > x.after order by seq limit {most})
           union all
           (select job, seq, at, 0, 'b', block, many from output where job = x.id and seq > x.after order by seq limit {most})
           union all
           (select job, seq, at, 0, 'b', block, many
              from (select * from output where job = x.id and seq <= x.after order by seq desc limit 1) begun
             where seq + many - 1 > x.after)) a
          order by seq limit {most}) e) p
 where coalesce(p.bytes, 0) < {bytes}
 order by p.seq, p.job
