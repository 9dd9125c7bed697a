select exists (select from group_tombstone where id = $1)
