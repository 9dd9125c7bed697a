-- A claim holds the lock of its number as long as it is under way, though nobody may be there any more to be told.
select pg_advisory_xact_lock($1)
