-- Counts the moves gm in the groups of their jobs. The rows of groups are locked by id, after those of all jobs and before those
-- of idempotency keys, so that nobody waits for somebody who waits for him.
ga as materialized (
  select grp, max(at) as at, array_agg(job order by ord) as jobs, array_agg(number order by ord) as numbers,
         bool_or(was is null) as joins,
         count(*) filter (where became in ('q', 'd')) - count(*) filter (where was in ('q', 'd')) as queued,
         count(*) filter (where became = 'r') - count(*) filter (where was = 'r') as running,
         count(*) filter (where became = 's') as succeeded,
         count(*) filter (where became = 'f') as failed,
         count(*) filter (where became in ('c', 'w')) as cancelled,
         count(*) filter (where became = 'w') as withdrawn
    from gm where grp is not null group by grp),
gs as materialized (
  select a.grp, a.jobs, a.numbers, a.joins, false as closing, g.seq,
         case when g.size > 0 then g.size + a.withdrawn else 0 end as size, g.keep, g.closed_at, g.finished_at, g.doing,
         greatest(a.at, g.joined_at, g.closed_at) as at,
         case when a.joins then greatest(a.at, g.joined_at) else g.joined_at end as joined_at,
         g.queued + a.queued as queued, g.running + a.running as running, g.succeeded + a.succeeded as succeeded,
         g.failed + a.failed as failed, g.cancelled + a.cancelled as cancelled
    from (select * from ga order by grp) a
   cross join lateral (select * from locked_group(a.grp)) g),
{group-turn}
