-- Sets the leases of claims that still hold to end $3 ms from now.
update live l set lease_until = millis() + $3
  from unnest($1::uuid[], $2::bigint[]) x(id, fence)
 where l.id = any($1) and l.id = x.id and l.fence = x.fence and l.state = 'r' and l.lease_until > millis()
returning l.id
