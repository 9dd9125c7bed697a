-- Running jobs whose leases have expired. The condition on the route leaves only one index to choose, as in first-expiry.
select id from live where state = 'r' and not parked and route > '' and lease_until <= (select millis()) limit {most}
