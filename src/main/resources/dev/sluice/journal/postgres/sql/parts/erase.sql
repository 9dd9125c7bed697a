gone as (delete from outcome o where o.id = any(array(select id from picked)) returning o.id),
j as (delete from job where id = any(array(select id from gone)) returning job.id, job.key),
e as (delete from event where job = any(array(select id from gone))),
p as (delete from piece where job = any(array(select id from gone))),
k as (delete from idempotency i using j
  where i.key = any(array(select key from j)) and i.key = j.key and i.job = j.id),
t as (insert into tombstone (id, erased_at) select id, millis() from gone on conflict do nothing)
select count(*) from gone
