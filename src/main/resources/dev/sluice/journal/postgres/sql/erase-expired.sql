-- Erases jobs that were to be kept until $1 at most, with all that belongs to them.
with picked as materialized (select id from outcome where expires_at <= $1
  order by expires_at limit {most} for update skip locked),
{erase}
