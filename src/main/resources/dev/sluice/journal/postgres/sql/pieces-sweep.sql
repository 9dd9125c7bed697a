-- Removes up to $1 pieces that belong to nobody, and in the end the notes that they do. A note is removed by the first sweep
-- that finds no more pieces of it: what was written before it was made is seen by then, and later nothing is written.
with r as materialized (select job, part from receiving r
   where node = '00000000-0000-0000-0000-000000000000' and not {belongs}
   order by job, part limit 256 for update skip locked),
p as materialized (
  select p.job, p.part, p.n from r cross join lateral (
    select job, part, n from piece where job = r.job and part = r.part order by n limit $1) p
   limit $1),
d as (delete from piece where job = any(array(select job from p)) and ((job, part, n) in (select * from p)) is true),
e as materialized (select r.* from r left join lateral (
    select true as some from piece where job = r.job and part = r.part limit 1) p on true where p.some is null),
g as (delete from receiving where job = any(array(select job from e)) and ((job, part) in (select * from e)) is true
  returning 1)
select (select count(*) from p), (select count(*) from g)
