-- Details, requests, fingerprints and credentials lie behind one another in $1: see Blobs. What is decided here is decided once, so that
-- no part of the statement looks for its row in another: groups would be joined row by row.
with data as materialized (select $1::bytea as b),
x as materialized (
  select u.*, decode(u.key, 'hex') as hash, nextval('acceptance') as ord, t.now, t.now + u.urgency * 30000 as rank,
         case when u.at_once or u.due <= t.now then 'q'::"char" else 'd'::"char" end as state
    from (select millis() as now offset 0) t,
         unnest($2::uuid[], $3::text[], $4::int[], $5::bigint[], $6::bool[], $7::bigint[], $8::bool[],
                $9::int[], $10::int[], $11::int[], $12::text[], $13::int[], $14::bool[], $15::int[])
           as u(id, route, urgency, due, at_once, deadline, counted, start, details, requests, key, prints, pieced,
                credentials)),
