-- The row of a move, and under which conditions it is made. x.mode is that of its guard: see Move.
l.id = any($2) and l.id = x.id and l.seq = x.seq and l.fence = x.fence and case x.mode
  when 0 then true
  when 1 then l.state = 'r' and l.lease_until > millis()
  when 2 then l.state = 'r' and l.lease_until <= millis()
  else l.deadline <= millis() end
