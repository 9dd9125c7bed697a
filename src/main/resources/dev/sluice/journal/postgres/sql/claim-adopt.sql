-- The jobs of a claim whose answer was lost; their lease begins now. Rows are locked by id, as everywhere.
with t as materialized (select millis() as now),
x as materialized (select id from live, t where state = 'r' and not parked and route = any($1) and lease_until > t.now and claim = $2),
k as materialized (
  select x.id from t cross join (select id from x order by id) x cross join lateral (
    select from live l where l.id = x.id and l.claim = $2
       and case l.state when 'r' then l.lease_until > t.now end for update) l),
l as (update live set lease_until = (select now from t) + $3 where id = any(array(select id from k)) returning *)
select {unfinished}, null::bigint, false, null::bigint, null::bigint, j.request, l.credentials, null::text[]
  from l cross join lateral (select * from job where id = l.id offset 0) j
 order by l.rank, l.ord
