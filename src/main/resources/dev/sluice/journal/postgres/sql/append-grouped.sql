-- As append-conditional, for jobs of which some belong to groups: those that their groups take. Groups are locked first, by id,
-- so that the order of acceptance is that in the group, and their idempotency keys after that.
with y as materialized (select u.* from {append-unnest}),
gate as materialized (
  select a.ids, g.closed_at, g.size, g.queued + g.running + g.succeeded + g.failed + g.cancelled as total
    from (select grp, array_agg(id order by id) as ids from y where grp is not null group by grp order by grp) a
   cross join lateral (select * from locked_group(a.grp) where (doing in ('e', 'x')) is not true) g),
x as materialized (
  select {append-columns} from (select millis() as now offset 0) t cross join (select count(*) from gate) g cross join y u),
taken as materialized (
  select e.id from gate g cross join lateral unnest(g.ids) with ordinality e(id, place)
   where g.closed_at is null and (g.size = 0 or e.place <= g.size - g.total)),
r as materialized (select job from receiving
   where job = any(array(select id from x where pieced)) and part = 0
     and node <> '00000000-0000-0000-0000-000000000000' order by job for update),
w as materialized (select * from x where (not pieced or id in (select job from r))
   and (grp is null or id in (select id from taken))),
k as (insert into idempotency (key, job, fingerprint)
  select hash, id, print from w where key is not null order by hash
  on conflict do nothing returning job),
j as (insert into job (id, ord, route, key, detail, request)
  select id, ord, route, hash, detail, request from w where key is null or id in (select job from k)
  on conflict do nothing returning id),
done as (delete from receiving where job = any(array(select id from j)) and part = 0),
gm as materialized (
  select grp, id as job, 1::bigint as number, ord, null::"char" as was, state as became, now as at
    from x where grp is not null and (id in (select id from j)) is true),
{grouped},
{append-live}
