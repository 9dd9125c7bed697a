-- Removes some of what groups tell that have expired or are erased.
with g as materialized (select id from job_group where id = $1 and doing = 'x' for update)
delete from group_event where grp = $1 and seq = any(array(
  select e.seq from g cross join lateral (select seq from group_event where grp = g.id order by seq limit {most}) e))
