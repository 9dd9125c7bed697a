-- Claims parked jobs that are due, the earliest of each route first; rows that are locked are passed over. From the time $5 on it
-- looks for expired leases (see Expiry), and claims nothing if there are any, because their jobs may have to be parked again.
with t as materialized (select millis() as now),
f as materialized (select
    case when (select now from t) >= $5 then {first-expiry} end as first_expiry,
    exists (select from live where deadline <= (select now from t)) as overdue,
    pg_advisory_xact_lock($4) as under_way),
due as materialized (
  select p.id from f cross join unnest($1::text[], $2::int[]) u(route, room) cross join lateral (
    select l.id from live l
     where l.route = u.route and l.parked and l.due_at <= (select now from t)
       and (l.deadline is null or l.deadline > (select now from t))
     order by l.due_at limit greatest(u.room, 0) for update skip locked) p
   where coalesce(f.first_expiry > (select now from t), true)),
l as (
  update live l set parked = false, stream = null, fence = l.fence + 1, lease_until = t.now + $3, claim = $4
    from t where l.id = any(array(select id from due))
  returning l.*)
select {unfinished},
       (select min(d.due_at) from unnest($1::text[]) u(route) cross join lateral (
          select l.due_at from live l
           where l.route = u.route and l.parked and (l.deadline is null or l.deadline > (select now from t))
             and not l.id = any(array(select id from due))
           order by l.due_at limit 1) d),
       f.overdue, (select now from t), f.first_expiry
  from f left join (l cross join lateral (select * from job where id = l.id offset 0) j) on true
 order by l.due_at, l.ord
