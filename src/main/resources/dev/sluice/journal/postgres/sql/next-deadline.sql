select min(deadline) from live where deadline is not null
