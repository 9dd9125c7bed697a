-- Of a long history the oldest event but the first goes with each new one.
cut as (delete from event e using m where e.job = any(array(select id from m where seq > {kept}))
  and m.seq > {kept} and e.job = m.id and e.seq = m.seq - {kept})
