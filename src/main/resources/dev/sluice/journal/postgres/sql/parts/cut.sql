-- Of a long history the oldest events go, some at a time, but the first one and output.
cut as (delete from event where ctid = any(array(
  select e.ctid from k cross join lateral (
    select ctid from event where job = k.id and kind <> 'o' order by seq desc offset {kept}) e
   where k.seq >= {kept} and (k.seq + 1) % {step} = 0)))
