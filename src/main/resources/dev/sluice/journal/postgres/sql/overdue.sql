-- Jobs whose deadlines have passed, and waiting ones that are given up.
(select id from live where deadline <= (select millis()) order by deadline limit {most})
union
(select id from live where give_up <= (select millis()) and state <> 'r' order by give_up limit {most})
