-- Counts the unfinished jobs of each client, on routes that bound them: of those with most of them, if there are very many.
select route, client, count(*) as jobs from live where client <> 0 group by route, client order by jobs desc limit {clients}
