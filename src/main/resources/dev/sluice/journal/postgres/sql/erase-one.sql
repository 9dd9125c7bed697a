-- Erases a finished job with all that belongs to it but the pieces of its bodies: those are noted as nobody's.
with picked as materialized (select id from outcome where id = $1 for update),
{erase}
