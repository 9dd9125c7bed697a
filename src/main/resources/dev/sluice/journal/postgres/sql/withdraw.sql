-- Removes jobs whose callers were told that they were not accepted, unless somebody may have been told otherwise: they were
-- started, or their key was found once more. Rows are locked by id, then groups, then keys, as everywhere. In its group such a
-- job (w) counts as a cancelled one, beyond the size with which the group is complete.
with x as materialized (
  select x.id, j.key, l.grp, l.ord from (select id from unnest($1::uuid[]) u(id) order by id) x
   cross join lateral (select key from job where id = x.id offset 0) j
   cross join lateral (select l.grp, l.ord from live l where l.id = x.id and l.seq = 1 and l.fence = 0 for update) l),
gate as materialized (
  select a.grp from (select distinct grp from x where grp is not null order by grp) a
   cross join lateral (select from job_group where id = a.grp for update) g),
o as materialized (
  select x.id, i.key from (select x.* from x cross join (select count(*) from gate) c order by key) x cross join lateral (
    select key from idempotency i where i.key = x.key and i.job = x.id and not i.told for update) i),
k as (delete from idempotency where key = any(array(select key from o))),
gone as materialized (select id, grp, ord from x where key is null or id in (select id from o)),
l as (delete from live where id = any(array(select id from gone))),
j as (delete from job where id = any(array(select id from gone))),
p as (insert into receiving (job, part)
  select g.id, 0 from gone g cross join lateral (select from piece where job = g.id and part = 0 limit 1) p
  on conflict (job, part) do update set node = excluded.node),
t as (insert into tombstone (id, erased_at) select id, (select millis()) from gone on conflict do nothing),
gm as materialized (
  select grp, id as job, 2::bigint as number, ord, 'q'::"char" as was, 'w'::"char" as became, (select millis()) as at
    from gone),
{grouped}
select id, grp from gone
