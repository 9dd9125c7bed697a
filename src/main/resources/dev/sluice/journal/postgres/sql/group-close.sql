-- Closes groups that nobody has joined after $2; $3 says what is to become of them: c cancelled, unless they had finished, e
-- erased. Returns those that it changed in any way.
with t as materialized (select millis() as now),
gs as materialized (
  select g.id as grp, '{}'::uuid[] as jobs, '{}'::bigint[] as numbers, false as joins, true as closing, g.seq, g.size, g.keep, g.closed_at,
         g.finished_at, greatest(t.now, g.joined_at) as at, g.joined_at, g.queued, g.running, g.succeeded, g.failed, g.cancelled,
         case when $3::text = 'e' or ($3::text = 'c' and g.finished_at is null) then $3::text::"char" else g.doing end as doing
    from t cross join (select distinct id from unnest($1::uuid[]) u(id) order by id) a
   cross join lateral (select * from job_group where id = a.id and joined_at <= $2 and (doing in ('e', 'x')) is not true
      for update) g),
b as (insert into group_tombstone (id, erased_at) select grp, (select now from t) from gs where doing = 'e'
  on conflict do nothing),
{group-turn}
select grp, finishes = 1 from gt
