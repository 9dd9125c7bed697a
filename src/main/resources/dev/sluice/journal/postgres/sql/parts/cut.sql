-- Of a long history the oldest event but the first goes with each new one.
cut as (delete from event where ctid = any(array(
  select e.ctid from k cross join lateral (
    select ctid from event where job = k.id and seq = k.seq + 1 - {kept} offset 0) e
   where k.seq >= {kept})))
