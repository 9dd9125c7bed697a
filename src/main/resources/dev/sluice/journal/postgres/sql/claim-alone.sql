-- Held until the end of the transaction: the routes whose running jobs are counted.
select pg_advisory_xact_lock(hashtextextended(current_schema() || '/' || r, 0))
  from (select r from unnest($1::text[]) r order by r) s
