-- The jobs that hold idempotency keys, whether each has expired, and whether somebody may have been told of it.
select encode(k.key, 'hex'), k.fingerprint, o.expires_at <= t.now, k.job, {any}, k.told
  from (select millis() as now offset 0) t
 cross join (select key, fingerprint, told, job, job as id from idempotency
    where key = any(array(select decode(h, 'hex') from unnest($1::text[]) h)) offset 0) k
  left join lateral (select k.job as id offset 0) x on true {by-id}
