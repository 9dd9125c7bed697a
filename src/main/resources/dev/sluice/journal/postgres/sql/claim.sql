-- Starts due jobs, unless something is in the way that must be tidied up first ($4: start them anyway). Rows that are
-- locked are passed over, so that this waits for nobody. From the time $9 on it looks for expired leases (see
-- Expiry), which reads all jobs that run. The condition on lease_period follows from the one on lease_until; the index
-- needs it to skip entries of jobs that ended before (see V4).
with t as materialized (select millis() as now),
f as materialized (select
    (select min(due_at) from live where state = 'd' and route = any($1)) as next_due,
    case when (select now from t) >= $9 then {first-expiry} end as first_expiry,
    not $8 and exists (select from live where deadline <= (select now from t)) as overdue,
    pg_advisory_xact_lock($6) as under_way),
b as materialized (select coalesce(
    next_due <= (select now from t) or first_expiry <= (select now from t) or overdue, false) as blocked from f),
w as materialized (
  select u.route, u.head, least(u.room, case when u.most = 2147483647 then u.room else u.most
      - (select count(*) from live c
          where c.state = 'r' and c.route = u.route and c.lease_period >= (select now from t) >> 16
            and c.lease_until > (select now from t)) end) as room
    from unnest($1::text[], $2::int[], $3::int[], $7::bigint[]) u(route, room, most, head), b
   where $4 or not b.blocked),
due as materialized (
  select p.id from w cross join lateral (
    select l.id from live l
     where l.route = w.route and l.state = 'q' and l.rank >= w.head
       and (l.deadline is null or l.deadline > (select now from t))
     order by l.rank, l.ord limit greatest(w.room, 0) for update skip locked) p),
l as (
  update live l set state = 'r', seq = l.seq + 1, fence = l.fence + 1, attempt = l.attempt + 1,
      lease_until = t.now + $5, claim = $6, started_at = t.now, progress = null
    from t where l.id = any(array(select id from due))
  returning l.*),
told as (insert into event (job, seq, at, attempt, kind)
  select id, seq, started_at, attempt, 's' from l),
cut as (delete from event where ctid = any(array(
  select e.ctid from l cross join lateral (
    select ctid from event where job = l.id and seq = l.seq - {kept} offset 0) e
   where l.seq > {kept})))
select {unfinished}, f.next_due, b.blocked, (select now from t), f.first_expiry, j.request, l.credentials
  from f cross join b left join (l cross join lateral (select * from job where id = l.id offset 0) j) on true
 order by l.rank, l.ord
