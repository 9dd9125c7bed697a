l as (insert into live (id, rank, ord, due_at, deadline, seq, fence, attempt, urgency, state, route)
  select x.id, millis() + x.urgency * 30000, j.ord, x.due, x.deadline, 1, 0, 0, x.urgency,
         case when x.at_once or x.due <= millis() then 'q'::"char" else 'd'::"char" end, x.route
    from j join x using (id) returning id, rank, ord, state, route)
select l.id, l.ord, l.rank, l.state::text, millis(),
       case when x.counted and l.state = 'q' then
         (select count(*) from (select from live a where a.route = l.route and a.state = 'q'
            and (a.rank, a.ord) < (l.rank, l.ord) limit {counted}) c)
         + (select count(*) from (select from live a where a.route = l.route and a.state = 'd'
            and a.due_at <= millis() and (a.rank, a.ord) < (l.rank, l.ord) limit {counted}) c) end
  from l join x using (id)
