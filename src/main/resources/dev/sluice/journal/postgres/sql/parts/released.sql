-- The callers with jobs set aside of route u that are no longer held.
select c.caller from (
  with recursive c(caller) as (
    (select l.caller from live l where l.route = u.route and l.state = 'd' and l.aside order by l.caller limit 1)
    union all
    select (select l.caller from live l where l.route = u.route and l.state = 'd' and l.aside and l.caller > c.caller
             order by l.caller limit 1)
      from c where c.caller is not null)
  select caller from c where caller is not null and not caller = any(u.held)) c
