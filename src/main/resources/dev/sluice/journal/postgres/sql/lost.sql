-- Running jobs whose leases have run out.
select l.id from live l
 where l.state = 'r' and l.lease_until <= (select millis()) and ($1::text[] is null or l.route = any($1)) limit {most}
