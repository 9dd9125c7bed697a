-- Removes the pieces of a body that belongs to no job.
delete from piece p where p.job = $1 and p.part = $2
   and not exists (select from job j where j.id = $1 and $2 = 0)
   and not exists (select from outcome o where o.id = $1 and o.fence = $2 and o.result is not null)
