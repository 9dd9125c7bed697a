-- Removes tombstones.
delete from tombstone where id = any(array(select id from tombstone where erased_at <= $1
  order by erased_at limit {most} for update skip locked))
