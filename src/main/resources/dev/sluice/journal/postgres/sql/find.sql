-- Jobs as they stand, whether they are erased, and where in the queue they are.
select x.id, t.id is not null, {position}, {any}
  from unnest($1::uuid[]) x(id) left join job j on j.id = x.id and j.id = any($1)
       left join live l on l.id = x.id and l.id = any($1) left join outcome o on o.id = x.id and o.id = any($1)
       left join tombstone t on t.id = x.id and t.id = any($1)
