-- When the next job fails by the time that has passed.
select least((select min(deadline) from live where deadline is not null),
             (select min(give_up) from live where give_up is not null and state <> 'r'))
