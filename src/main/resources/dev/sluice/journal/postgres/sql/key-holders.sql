-- The jobs that hold idempotency keys, and whether each has expired.
select encode(k.key, 'hex'), k.fingerprint, o.expires_at <= millis(), k.job, {any}
  from idempotency k left join lateral (select * from job where id = k.job offset 0) j on true
       left join lateral (select * from live where id = k.job offset 0) l on true
       left join lateral (select * from outcome where id = k.job offset 0) o on true
 where k.key = any(array(select decode(h, 'hex') from unnest($1::text[]) h))
