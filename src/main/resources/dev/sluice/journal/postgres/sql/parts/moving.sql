-- The rows of the moves x whose conditions hold, locked: by id, as everywhere, so that nobody waits for somebody who waits
-- for him. The number of the latest event does not rise when a job is parked or claimed to be checked on. x.leased: whether the lease must hold or have run out; null if it does not matter.
k as materialized (
  select x.*, l.*, t.now from (select millis() as now offset 0) t cross join (select * from x order by id) x
   cross join lateral (
    select l.rank, l.ord, l.due_at, l.deadline, l.started_at, l.urgency, l.route, l.answer_part, l.grp, l.state as was
      from live l
     where l.id = x.id and l.seq = x.seq and l.fence = x.fence and l.parked = x.parked
       and (x.leased is null or (l.lease_until > t.now) = x.leased)
     for update) l)
