-- Begins to erase groups that were to be kept until $1 at most; their jobs are kept for a time of their own.
with g as materialized (
  select id from job_group where expires_at <= $1 and (doing in ('e', 'x')) is not true
   order by expires_at limit {most} for update skip locked),
u as (update job_group set doing = 'x', expires_at = null where id = any(array(select id from g)) returning id)
insert into group_tombstone (id, erased_at) select id, $1::bigint from u on conflict do nothing
