-- Delayed jobs that have become due take their turn.
update live l set state = 'q' where l.id = any(array(
  select p.id from unnest($1::text[]) u(route) cross join lateral (
    select id from live where route = u.route and state = 'd' and not aside and due_at <= (select millis())
     order by due_at limit 1000 for update skip locked) p limit 1000))
returning l.route, l.turn, l.rank
