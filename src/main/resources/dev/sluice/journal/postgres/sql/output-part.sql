-- Some blocks of a response from the one on that begins with event $2, as many as fit into a part of a body.
select p.seq, p.many, p.at, p.block
  from (select o.*, sum(octet_length(o.block)) over (order by o.seq rows between unbounded preceding and 1 preceding) as before
          from (select * from output where job = $1 and seq >= $2 order by seq limit {most}) o) p
 where coalesce(p.before, 0) < {bytes}
 order by p.seq
