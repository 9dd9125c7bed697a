-- Erases some of the jobs of a group that is being erased, all of which have finished; if none is left of those that are looked
-- at, what the group tells of them. Its row is locked, so that others who do the same wait for their turn.
with g as materialized (select id from job_group where id = $1 and doing = 'e' for update),
o as materialized (
  select e.seq, e.joins, e.jobs from (
    select e.*, sum(cardinality(e.jobs)) over (order by e.seq) as upto, row_number() over (order by e.seq) as nth
      from g cross join lateral (select seq, joins, jobs from group_event where grp = g.id order by seq limit {most}) e) e
   where e.nth = 1 or coalesce(e.upto, 0) <= {most}),
picked as materialized (
  select m.id from (select unnest(jobs) as id from o where joins order by 1) m
   cross join lateral (select from outcome where id = m.id for update) f limit $2),
d as (delete from group_event where grp = $1 and seq = any(array(select seq from o)) and not exists (select from picked)),
{erase}
