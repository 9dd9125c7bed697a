-- Accepts jobs that have no keys and whose bodies lie beside their heads.
{append-data}
j as (insert into job (id, ord, route, detail, request)
  select x.id, x.ord, x.route, substring(data.b from x.start for x.details),
         substring(data.b from x.start + x.details for x.requests)
    from x, data
  on conflict do nothing returning id),
{append-live}
