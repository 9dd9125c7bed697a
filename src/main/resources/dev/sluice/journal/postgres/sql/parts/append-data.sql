-- What is decided here is decided once, so that no part of the statement looks for its row in another: groups would be
-- joined row by row.
with x as materialized (
  select u.*, decode(u.key, 'hex') as hash, nextval('acceptance') as ord, t.now, t.now + u.urgency * 30000 as rank,
         case when u.at_once or u.due <= t.now then 'q'::"char" else 'd'::"char" end as state
    from (select millis() as now offset 0) t,
         unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::bool[], $6::bigint[], $7::bool[], $8::bytea[],
                $9::bytea[], $10::text[], $11::bytea[], $12::bool[], $13::bytea[], $14::bigint[], $15::bigint[],
                $16::bigint[])
           as u(id, route, urgency, due, at_once, deadline, counted, detail, request, key, print, pieced, credentials, turn,
                caller, client)),
