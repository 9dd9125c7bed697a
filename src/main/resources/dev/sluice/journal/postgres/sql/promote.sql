-- Delayed jobs that have become due take their turn.
update live l set state = 'q' where l.id = any(array(
  select id from live where state = 'd' and route = any($1) and due_at <= (select millis())
   order by due_at limit 1000 for update skip locked))
returning l.route, l.rank
