gone as (delete from outcome where id = any(array(select id from picked)) returning id, fence, part),
j as (delete from job where id = any(array(select id from picked)) returning id, key),
e as (delete from event where job = any(array(select id from picked))),
i as materialized (
  select j.key from (select * from j order by key) j cross join lateral (
    select from idempotency i where i.key = j.key and i.job = j.id for update) i),
k as (delete from idempotency where key = any(array(select key from i))),
p as (insert into receiving (job, part)
  select g.id, g.part from (select id, 0 as part from picked union all select id, fence from gone where fence > 0
          union all select id, part from gone where part is not null) g
   cross join lateral (select from piece where job = g.id and part = g.part limit 1) p
  on conflict (job, part) do update set node = excluded.node),
streamed as (insert into output_gone (job)
  select p.id from picked p cross join lateral (select from output where job = p.id limit 1) x on conflict do nothing),
t as (insert into tombstone (id, erased_at) select id, (select millis()) from picked on conflict do nothing)
select count(*) from gone
