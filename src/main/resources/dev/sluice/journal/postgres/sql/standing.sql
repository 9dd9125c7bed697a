-- Jobs as they stand, and whether lease and deadline of each are over.
select {any}, l.lease_until > t.now, l.deadline <= t.now
  from (select millis() as now offset 0) t cross join unnest($1::uuid[]) x(id) {by-id}
 where j.id is not null
