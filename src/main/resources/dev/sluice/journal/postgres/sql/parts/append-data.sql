-- Details, requests and fingerprints lie behind one another in $1: see Blobs.
with data as materialized (select $1::bytea as b),
x as materialized (
  select * from unnest($2::uuid[], $3::text[], $4::int[], $5::bigint[], $6::bool[], $7::bigint[], $8::bool[],
                       $9::int[], $10::int[], $11::int[], $12::text[], $13::int[], $14::bool[])
    with ordinality as u(id, route, urgency, due, at_once, deadline, counted, start, details, requests,
                         key, prints, pieced, n)),
