-- Shows that a node lives, and counts the others.
with me as (insert into node (id, name, form, seen_at) values ($1, $2, $3, millis())
  on conflict (id) do update set seen_at = millis())
select millis(), m.oldest_node,
       (select count(*) from node where seen_at > millis() - {alive} and id <> $1) from meta m
