-- Whether a job holds an idempotency key.
select exists (select from idempotency k left join outcome o on o.id = k.job
  where k.key = decode($1, 'hex') and (o.id is null or o.expires_at > (select millis())))
