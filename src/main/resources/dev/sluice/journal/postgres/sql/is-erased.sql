select exists (select from tombstone where id = $1)
