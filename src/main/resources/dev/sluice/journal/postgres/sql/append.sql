-- Accepts jobs that have no keys and whose bodies lie beside their heads.
{append-data}
j as (insert into job (id, ord, route, key, detail, request)
  select s.id, nextval('acceptance'), s.route, decode(s.key, 'hex'),
         substring(data.b from s.start for s.details),
         substring(data.b from s.start + s.details for s.requests)
    from (select * from x order by n) s, data
  on conflict do nothing returning id, ord),
{append-live}
