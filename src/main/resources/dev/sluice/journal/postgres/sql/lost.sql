-- Running jobs whose leases have expired; as in first-expiry, only one index will do.
select id from live where state = 'r' and route > '' and lease_until <= (select millis()) limit {most}
