-- The how-many-th live l is among the due waiting ones of its turn; 0 if it is not due. $2, $3 and $4 are routes, turns and
-- the Heads of them.
case when l.state = 'q' or (l.state = 'd' and not l.aside and l.due_at <= (select millis())) then
  (select 1
    + (select count(*) from (select from live a where a.route = l.route and a.turn = l.turn and a.state = 'q'
         and a.attempt = 0 and a.rank >= h.head and (a.rank, a.ord) < (l.rank, l.ord) limit {counted}) b)
    + (select count(*) from (select from live a where a.route = l.route and a.turn = l.turn and a.state = 'q'
         and a.attempt > 0 and a.rank >= h.head and (a.rank, a.ord) < (l.rank, l.ord) limit {counted}) b)
    + (select count(*) from (select from live a where a.route = l.route and a.state = 'd' and not a.aside
         and a.due_at <= (select millis()) and a.turn = l.turn and (a.rank, a.ord) < (l.rank, l.ord) limit {counted}) c)
    from (select coalesce((select h.head from unnest($2::text[], $3::bigint[], $4::bigint[]) h(route, turn, head)
                            where h.route = l.route and h.turn = l.turn), 0) as head offset 0) h)
else 0 end
