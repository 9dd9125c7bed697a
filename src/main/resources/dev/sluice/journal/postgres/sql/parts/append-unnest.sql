unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::bool[], $6::bigint[], $7::bool[], $8::bytea[], $9::bytea[],
       $10::text[], $11::bytea[], $12::bool[], $13::bytea[], $14::bigint[], $15::bigint[], $16::bigint[], $17::uuid[])
  as u(id, route, urgency, due, at_once, deadline, counted, detail, request, key, print, pieced, credentials, turn, caller,
       client, grp)
