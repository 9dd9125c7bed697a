-- The how-many-th live l is among the due waiting ones of its route; 0 if it is not due. $2 and $3 are routes and the
-- Heads of them.
case when l.state = 'q' or (l.state = 'd' and l.due_at <= (select millis())) then 1
  + (select count(*) from (select from live a where a.route = l.route and a.state = 'q'
       and a.rank >= coalesce((select h.head from unnest($2::text[], $3::bigint[]) h(route, head)
                                where h.route = l.route), 0)
       and (a.rank, a.ord) < (l.rank, l.ord) limit {counted}) b)
  + (select count(*) from (select from live a where a.route = l.route and a.state = 'd'
       and a.due_at <= (select millis()) and (a.rank, a.ord) < (l.rank, l.ord) limit {counted}) c)
else 0 end
