-- The rows of the moves x whose conditions hold, locked: by id, as everywhere, so that nobody waits for somebody who waits
-- for him. x.mode is that of the guard of the move: see Move.
k as materialized (
  select x.*, l.*, t.now from (select millis() as now offset 0) t cross join (select * from x order by id) x
   cross join lateral (
    select l.rank, l.ord, l.due_at, l.deadline, l.started_at, l.urgency, l.route from live l
     where l.id = x.id and l.seq = x.seq and l.fence = x.fence and case x.mode
       when 0 then true
       when 1 then l.state = 'r' and l.lease_until > t.now
       when 2 then l.state = 'r' and l.lease_until <= t.now
       else l.deadline <= t.now end
     for update) l)
