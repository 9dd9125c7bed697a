-- The pieces of a body belong to a job.
delete from receiving where job = $1 and part = $2
