-- Removes jobs of which nobody was told, unless they were started.
with l as (delete from live where id = any($1) and seq = 1 and fence = 0 returning id),
j as (delete from job where id = any(array(select id from l)) returning job.id, job.key),
k as (delete from idempotency i using j where i.key = any(array(select key from j)) and i.key = j.key and i.job = j.id),
p as (delete from piece where job = any(array(select id from l)) and part = 0)
select l.id from l
