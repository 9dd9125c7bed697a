-- When the first lease expires. With the condition on the route only one index will do, however empty the table.
coalesce((select min(lease_until) from live where state = 'r' and route > ''), 9223372036854775807)
