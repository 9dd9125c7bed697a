-- The pieces of a body belong to a job, unless that is erased by now.
delete from receiving r
 where job = $1 and part = $2 and (node <> '00000000-0000-0000-0000-000000000000' or {belongs})
