-- Starts due jobs, unless something is in the way that must be tidied up first ($4: start them anyway), or the jobs of a
-- route differ, so that it is not enough to take the first ones (see claim-in-turns): they share no turn, were tried before
-- or are set aside. Rows that are locked are passed over, so that this waits for nobody. From the time $7 on it looks for
-- expired leases (see Expiry), which reads all jobs that run. The condition on lease_period follows from the one on
-- lease_until; the index needs it to skip entries of jobs that ended before (see V4).
with t as materialized (select millis() as now),
f as materialized (select {next-due} as next_due,
    case when (select now from t) >= $7 then {first-expiry} end as first_expiry,
    exists (select from live where deadline <= (select now from t)) as overdue,
    (select array_agg(u.route) from unnest($1::text[]) u(route)
      where coalesce(
        (select true from live l where l.route = u.route and l.state = 'q' and l.attempt = 0 and l.turn > 0 limit 1),
        (select true from live l where l.route = u.route and l.state = 'q' and l.attempt = 0 and l.turn < 0 limit 1),
        (select true from live l where l.route = u.route and l.state = 'q' and l.attempt > 0 limit 1),
        (select true from live l where l.route = u.route and l.state = 'd' and l.aside limit 1))) as mixed,
    pg_advisory_xact_lock($6) as under_way),
b as materialized (select coalesce(
    next_due <= (select now from t) or first_expiry <= (select now from t) or overdue, false) as blocked from f),
w as materialized (
  select u.route, least(u.room, case when u.most = 2147483647 then u.room else u.most
      - (select count(*) from live c
          where c.state = 'r' and not c.parked and c.awaiting is null and c.route = u.route and c.lease_period >= (select now from t) >> 16
            and c.lease_until > (select now from t)) end) as room
    from unnest($1::text[], $2::int[], $3::int[]) u(route, room, most), b, f
   where ($4 or not b.blocked) and f.mixed is null),
due as materialized (
  select p.id from w cross join lateral (
    select l.id from live l
     where l.route = w.route and l.turn = 0 and l.state = 'q' and l.attempt = 0
       and (l.deadline is null or l.deadline > (select now from t))
     order by l.rank, l.ord limit greatest(w.room, 0) for update skip locked) p),
{start}
select {unfinished}, f.next_due, b.blocked, (select now from t), f.first_expiry, j.request, l.credentials, f.mixed
  from f cross join b left join (l cross join lateral (select * from job where id = l.id offset 0) j) on true
 order by l.rank, l.ord
