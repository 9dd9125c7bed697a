-- Creates a group, unless a node is alive that would not count its jobs. From the first group on such a node cannot work any more.
with old as materialized (
  select count(*) as nodes from node where seen_at > (select millis()) - {alive} and form < {form}),
m as (update meta set oldest_node = {form} where oldest_node < {form} and (select nodes from old) = 0),
g as (insert into job_group (id, spec, size, keep, seq, joined_at, queued, running, succeeded, failed, cancelled)
  select $1::uuid, $2::bytea, $3::int, $4::bigint, 1, $5::bigint, 0, 0, 0, 0, 0 from old where nodes = 0
  on conflict do nothing returning id, joined_at),
e as (insert into group_event (grp, seq, at, kind, state)
  select id, 1, joined_at, 'o', array[joined_at, null, null, 0, 0, 0, 0, 0] from g)
select nodes from old
