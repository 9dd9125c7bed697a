-- Removes tombstones of groups.
delete from group_tombstone where id = any(array(select id from group_tombstone where erased_at <= $1
  order by erased_at limit {most} for update skip locked))
