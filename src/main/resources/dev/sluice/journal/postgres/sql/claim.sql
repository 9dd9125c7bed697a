-- Starts due jobs, unless something is in the way that must be tidied up first ($4: start them anyway).
with f as materialized (select
    (select min(due_at) from live where state = 'd' and route = any($1)) as next_due,
    not $8 and exists (select from live where state = 'r' and route = any($1) and lease_until <= millis()) as lost,
    not $8 and exists (select from live where deadline <= millis()) as overdue,
    pg_advisory_xact_lock($6) as under_way),
w as materialized (
  select u.route, u.head, least(u.room, case when u.most = 2147483647 then u.room else u.most
      - (select count(*) from live c
          where c.state = 'r' and c.route = u.route and c.lease_until > millis()) end) as room
    from unnest($1::text[], $2::int[], $3::int[], $7::bigint[]) u(route, room, most, head), f
   where $4 or not (coalesce(f.next_due <= millis(), false) or f.lost or f.overdue)),
due as materialized (
  select p.id from w cross join lateral (
    select l.id from live l
     where l.route = w.route and l.state = 'q' and l.rank >= w.head and (l.deadline is null or l.deadline > millis())
     order by l.rank, l.ord limit greatest(w.room, 0) for update skip locked) p),
l as (
  update live l set state = 'r', seq = l.seq + 1, fence = l.fence + 1, attempt = l.attempt + 1,
      lease_until = millis() + $5, claim = $6, started_at = millis(), progress = null
   where l.id = any(array(select id from due))
  returning l.*),
told as (insert into event (job, seq, at, attempt, kind)
  select id, seq, started_at, attempt, 's' from l),
cut as (delete from event e using l where e.job = any(array(select id from l where seq > {kept}))
    and l.seq > {kept} and e.job = l.id and e.seq = l.seq - {kept})
select {unfinished}, f.next_due, coalesce(f.next_due <= millis(), false), f.lost, f.overdue, j.request
  from f left join (l join job j on j.id = l.id and j.id = any(array(select id from l))) on true
 order by l.rank, l.ord
