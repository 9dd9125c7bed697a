-- When the next delayed job of the routes $1 becomes due.
(select min(d.due_at) from unnest($1::text[]) u(route) cross join lateral (
   select l.due_at from live l where l.route = u.route and l.state = 'd' and not l.aside order by l.due_at limit 1) d)
