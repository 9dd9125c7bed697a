-- Jobs as they stand, and whether lease and deadline of each are over.
select {any}, l.lease_until > millis(), l.deadline <= millis()
  from unnest($1::uuid[]) x(id) join job j on j.id = x.id and j.id = any($1)
       left join live l on l.id = x.id and l.id = any($1) left join outcome o on o.id = x.id and o.id = any($1)
