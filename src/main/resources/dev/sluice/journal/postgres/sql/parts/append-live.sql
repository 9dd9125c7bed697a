l as (insert into live (id, rank, ord, due_at, deadline, seq, fence, attempt, urgency, state, route, credentials, turn, caller,
    client, grp)
  select id, rank, ord, due, deadline, 1, 0, 0, urgency, state, route, credentials, turn, caller, client, grp
    from x where (id in (select id from j)) is true)
select x.id, x.ord, x.rank, x.state::text, x.now,
       case when x.counted and x.state = 'q' then
         (select count(*) from (select from live a where a.route = x.route and a.turn = x.turn and a.state = 'q'
            and a.attempt = 0 and (a.rank, a.ord) < (x.rank, x.ord) limit {counted}) c)
         + (select count(*) from (select from live a where a.route = x.route and a.turn = x.turn and a.state = 'q'
            and a.attempt > 0 and (a.rank, a.ord) < (x.rank, x.ord) limit {counted}) c)
         + (select count(*) from (select from live a where a.route = x.route and a.state = 'd' and not a.aside
            and a.due_at <= x.now and a.turn = x.turn and (a.rank, a.ord) < (x.rank, x.ord) limit {counted}) c) end
  from x where (x.id in (select id from j)) is true
