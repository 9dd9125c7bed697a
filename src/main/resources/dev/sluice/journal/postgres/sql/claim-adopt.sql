-- The jobs of a claim whose answer was lost; their lease begins now.
with l as (
  update live set lease_until = millis() + $3
   where state = 'r' and route = any($1) and claim = $2 and lease_until > millis()
  returning *)
select {unfinished}, null::bigint, false, false, false, j.request
  from l join job j on j.id = l.id and j.id = any(array(select id from l))
 order by l.rank, l.ord
