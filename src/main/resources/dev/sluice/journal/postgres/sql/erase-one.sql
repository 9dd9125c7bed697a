-- Erases a finished job with all that belongs to it.
with picked as materialized (select id from outcome where id = $1 for update),
{erase}
