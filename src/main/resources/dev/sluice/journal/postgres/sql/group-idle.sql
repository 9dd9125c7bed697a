-- Open groups that nobody has joined for $1 milliseconds, and as of when.
select id, (select millis()) - $1 from job_group
 where closed_at is null and joined_period <= ((select millis()) - $1) >> 20 and joined_at <= (select millis()) - $1
   and (doing in ('e', 'x')) is not true
 order by joined_period limit {most}
