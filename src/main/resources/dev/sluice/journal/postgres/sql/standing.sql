-- Jobs as they stand, whether the lease of each holds, and the time of that.
select {any}, l.lease_until > t.now, t.now
  from (select millis() as now offset 0) t cross join unnest($1::uuid[]) x(id) {by-id}
 where j.id is not null
