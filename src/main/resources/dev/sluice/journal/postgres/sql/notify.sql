select pg_notify($1, p) from unnest($2::text[]) p
