-- Erases some of the jobs of a group that is being erased, all of which have finished, and what the group tells of them. Its row
-- is locked, so that others who do the same wait for their turn.
with g as materialized (select id from job_group where id = $1 and doing = 'e' for update),
o as materialized (select e.* from g cross join lateral (
  select seq, job, number from group_event where grp = g.id order by seq limit $2) e),
picked as materialized (
  select m.id from (select job as id from o where number = 1 order by job) m
   cross join lateral (select from outcome where id = m.id for update) f),
d as (delete from group_event where grp = $1 and seq = any(array(select seq from o))),
{erase}
