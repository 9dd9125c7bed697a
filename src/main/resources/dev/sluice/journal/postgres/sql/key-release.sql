-- Frees the key of a job that has expired.
delete from idempotency where key = decode($1, 'hex') and job = $2
