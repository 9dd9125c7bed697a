-- Shows that a node lives; says what time it is, whether that is settled (see settle), and how many others there are.
with me as (insert into node (id, name, form, seen_at) values ($1, $2, $3, (select millis()))
  on conflict (id) do update set seen_at = excluded.seen_at, form = excluded.form),
o as (select count(*) as others, min(form) as form from node where seen_at > (select millis()) - {alive} and id <> $1)
select millis(), m.oldest_node, o.others, coalesce(o.form, $3), m.server is not distinct from server(), m.server is null
  from meta m, o
