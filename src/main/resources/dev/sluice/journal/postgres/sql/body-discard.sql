-- The pieces of a body belong to nobody, unless they belong to a job by now.
update receiving r set node = '00000000-0000-0000-0000-000000000000'
 where job = $1 and part = $2 and not {belongs}
