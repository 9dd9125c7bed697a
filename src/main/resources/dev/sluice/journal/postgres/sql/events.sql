-- A page of the events of a job, which ends with the row that makes it as large as a page may be. Output comes in blocks, kind b;
-- the first one may begin with events that are not asked for.
select p.job, p.seq, p.at, p.attempt, p.kind, p.body, p.many
  from (select e.*, sum(e.many) over before as told, sum(octet_length(e.body)) over before as bytes
          from (select * from (
                 (select job, seq, at, attempt, kind::text, body, 1 as many from event
                   where job = $1 and seq > $2 order by seq limit {most})
                 union all
                 (select job, seq, at, 0, 'b', block, many from output where job = $1 and seq > $2 order by seq limit {most})
                 union all
                 (select job, seq, at, 0, 'b', block, many
                    from (select * from output where job = $1 and seq <= $2 order by seq desc limit 1) begun
                   where seq + many - 1 > $2)) a
                order by seq limit {most}) e
        window before as (order by e.seq rows between unbounded preceding and 1 preceding)) p
 where coalesce(p.bytes, 0) < {bytes} and coalesce(p.told, 0) < {most}
 order by p.seq
