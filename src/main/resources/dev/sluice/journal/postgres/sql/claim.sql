-- Starts due jobs, unless something is in the way that must be tidied up first ($4: start them anyway). Rows that are
-- locked are passed over, so that this waits for nobody.
with t as materialized (select millis() as now),
f as materialized (select
    (select min(due_at) from live where state = 'd' and route = any($1)) as next_due,
    not $8 and exists (select from live
      where state = 'r' and route = any($1) and lease_until <= (select now from t)) as lost,
    not $8 and exists (select from live where deadline <= (select now from t)) as overdue,
    pg_advisory_xact_lock($6) as under_way),
w as materialized (
  select u.route, u.head, least(u.room, case when u.most = 2147483647 then u.room else u.most
      - (select count(*) from live c
          where c.state = 'r' and c.route = u.route and c.lease_until > (select now from t)) end) as room
    from unnest($1::text[], $2::int[], $3::int[], $7::bigint[]) u(route, room, most, head), f
   where $4 or not (coalesce(f.next_due <= (select now from t), false) or f.lost or f.overdue)),
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
select {unfinished}, f.next_due, coalesce(f.next_due <= (select now from t), false), f.lost, f.overdue, j.request, l.credentials
  from f left join (l cross join lateral (select * from job where id = l.id offset 0) j) on true
 order by l.rank, l.ord
