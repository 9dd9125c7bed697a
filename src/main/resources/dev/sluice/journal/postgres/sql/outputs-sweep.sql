-- Removes up to $1 blocks of output of erased jobs, and in the end the notes of them.
with r as materialized (select job from output_gone order by job limit 256 for update skip locked),
p as materialized (
  select p.ctid from r cross join lateral (select ctid from output where job = r.job limit $1) p limit $1),
d as (delete from output where ctid = any(array(select ctid from p))),
e as materialized (select r.job from r left join lateral (
    select true as some from output where job = r.job limit 1) p on true where p.some is null),
g as (delete from output_gone where job = any(array(select job from e)) returning 1)
select (select count(*) from p), (select count(*) from g)
