-- The turn after that of r, of the route of w, in which jobs wait; retried ones count if any may be claimed.
least((select l.turn from live l where l.route = w.route and l.state = 'q' and l.attempt = 0 and l.turn > r.turn
        order by l.turn limit 1),
  case when w.retries > 0 then
    (select l.turn from live l where l.route = w.route and l.state = 'q' and l.attempt > 0 and l.turn > r.turn
      order by l.turn limit 1) end)
