-- The earliest end of a lease. The condition on the route, which is always true, leaves only live_running to choose, also for
-- a plan that is made while the table is empty.
coalesce((select min(lease_until) from live where state = 'r' and not parked and route > ''), 9223372036854775807)
