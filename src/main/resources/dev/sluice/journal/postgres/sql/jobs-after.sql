-- Jobs as they stand, for whoever follows them.
select {any}
  from unnest($1::uuid[]) x(id) join job j on j.id = x.id and j.id = any($1)
       left join live l on l.id = j.id and l.id = any($1) left join outcome o on o.id = j.id and o.id = any($1)
