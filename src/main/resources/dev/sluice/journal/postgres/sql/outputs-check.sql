-- Notes output of jobs that were erased by nodes of earlier versions, of up to {most} jobs behind the given one; which was the
-- last of them.
with recursive b(job, i) as (
  (select job, 1 from output where job > $1::uuid order by job limit 1)
  union all
  select p.job, b.i + 1 from b cross join lateral (select job from output where job > b.job order by job limit 1) p
   where b.i < {most}),
r as materialized (select * from b),
n as (insert into output_gone (job)
  select r.job from r where (select true from job where id = r.job) is not true
  on conflict do nothing returning 1)
select job, (select count(*) from n) from r order by i desc limit 1
