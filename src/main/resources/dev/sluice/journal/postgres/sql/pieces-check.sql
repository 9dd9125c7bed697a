-- Notes pieces that belong to nobody and of which nobody knows, of up to {most} bodies behind the given one; which was the
-- last of them.
with recursive b(job, part, i) as (
  (select job, part, 1 from piece where (job, part) > ($1::uuid, $2::bigint) order by job, part limit 1)
  union all
  select p.job, p.part, b.i + 1 from b cross join lateral (
    select job, part from piece where (job, part) > (b.job, b.part) order by job, part limit 1) p
   where b.i < {most}),
r as materialized (select * from b),
n as (insert into receiving (job, part)
  select r.job, r.part from r
   where not {belongs}
     and (select true from receiving where job = r.job and part = r.part) is null
     and (select fence = r.part & 4294967295 and state = 'r' from live where id = r.job) is not true
  on conflict do nothing returning 1)
select job, part, (select count(*) from n) from r order by i desc limit 1
