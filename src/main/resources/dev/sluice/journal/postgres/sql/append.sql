-- Accepts jobs that have no keys and whose bodies lie beside their heads.
{append-data}
j as (insert into job (id, ord, route, detail, request)
  select id, ord, route, detail, request from x
  on conflict do nothing returning id),
{append-live}
