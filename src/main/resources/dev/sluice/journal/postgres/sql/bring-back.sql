-- Jobs that were set aside and whose callers are no longer held take their turn, those of each caller in their order.
with u as materialized (
  select u.route, array(select h.caller from unnest($2::text[], $3::bigint[]) h(route, caller) where h.route = u.route) as held
    from unnest($1::text[]) u(route))
update live l set aside = false, state = case when l.due_at <= (select millis()) then 'q'::"char" else 'd'::"char" end
 where l.id = any(array(
  select p.id from u cross join lateral ({released}) r cross join lateral (
    select l.id from live l where l.route = u.route and l.state = 'd' and l.aside and l.caller = r.caller
     order by l.rank, l.ord limit {most} for update skip locked) p limit {most}))
returning l.route, l.turn, l.rank, l.state::text
