-- Erases jobs that were to be kept until $1 at most, with all that belongs to them but the pieces of their bodies: those are
-- noted as nobody's. At most $2 jobs and, but for the first, {weight} events.
with found as materialized (select id, expires_at, seq from outcome where expires_at <= $1
  order by expires_at limit $2 for update skip locked),
picked as materialized (select id from (
  select id, sum(least(seq, {kept})) over w as weight, row_number() over w as n from found
  window w as (order by expires_at, id)) f where n = 1 or weight <= {weight}),
{erase}
