-- Sets the leases of claims that still hold to end $3 ms from now; rows are locked by id, as everywhere, and found by it:
-- with a plain condition on the state, all that run might be looked through.
with t as materialized (select millis() as now),
k as materialized (
  select x.id from t cross join (select * from unnest($1::uuid[], $2::bigint[]) u(id, fence) order by id) x
   cross join lateral (
    select from live l where l.id = x.id and l.fence = x.fence and case l.state when 'r' then l.lease_until > t.now end for update) l)
update live set lease_until = (select now from t) + $3 where id = any(array(select id from k))
returning id
