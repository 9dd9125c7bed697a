-- Goes on through what all groups tell, behind the row with $1 and $2, and removes what tells only of jobs that have gone, unless
-- somebody else is about to. Returns the last row that was looked at, and how many were. Rows are never updated, so that they are
-- found where they were.
with p as materialized (
  select ctid as at, grp, seq, jobs from group_event where (grp, seq) > ($1::uuid, $2::bigint) order by grp, seq limit {most}),
d as (delete from group_event where ctid = any(array(
  select ctid from group_event where ctid = any(array(
    select at from p where cardinality(jobs) > 0 and not exists (
      select from unnest(p.jobs) m(id) cross join lateral (select from job where id = m.id offset 0) j)))
   for update skip locked)))
select grp, seq, (select count(*) from p) from p order by grp desc, seq desc limit 1
