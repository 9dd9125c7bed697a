-- Writes the groups gs, whose rows are locked: the events of their jobs, their own changes that follow, and how they stand then.
-- An empty one is kept for an hour at most (Group.KEPT_EMPTY). A group closes if it is told to or is complete, and finishes if it is closed and no job of it is unfinished. An insert that
-- always finds its row is an update that needs no join.
gt as materialized (
  select c.*, c.seq + cardinality(c.jobs) + c.closes as closed_seq,
         (c.finished_at is null and c.queued + c.running = 0 and (c.closed_at is not null or c.closes = 1))::int as finishes
    from (select gs.*, (closed_at is null and (closing or (
                     size > 0 and queued + running + succeeded + failed + cancelled >= size)))::int as closes from gs) c),
gl as (insert into group_event (grp, seq, joins, jobs, numbers)
  select grp, seq + cardinality(jobs), joins, jobs, numbers from gt where cardinality(jobs) > 0),
gx as (insert into group_event (grp, seq, at, kind, state)
  select t.grp, t.closed_seq, t.at, 'c'::"char",
         array[t.joined_at, t.at, null, t.queued, t.running, t.succeeded, t.failed, t.cancelled]
    from gt t where t.closes = 1
  union all
  select t.grp, t.closed_seq + 1, t.at, 'f'::"char",
         array[t.joined_at, coalesce(t.closed_at, t.at), t.at, t.queued, t.running, t.succeeded, t.failed, t.cancelled]
    from gt t where t.finishes = 1),
gu as (insert into job_group as g (id, spec, size, keep, seq, joined_at, closed_at, finished_at, expires_at, queued, running,
    succeeded, failed, cancelled, doing)
  select t.grp, '', t.size, t.keep, t.closed_seq + t.finishes, t.joined_at,
         case when t.closes = 1 then t.at else t.closed_at end,
         case when t.finishes = 1 then t.at else t.finished_at end,
         t.at + case when t.queued + t.running + t.succeeded + t.failed + t.cancelled > 0 then t.keep else least(t.keep, 3600000) end,
         t.queued, t.running, t.succeeded, t.failed, t.cancelled, t.doing
    from gt t
  on conflict (id) do update set seq = excluded.seq, size = excluded.size, joined_at = excluded.joined_at, closed_at = excluded.closed_at,
      finished_at = excluded.finished_at,
      expires_at = case when g.finished_at is null and excluded.finished_at is not null then excluded.expires_at
        else g.expires_at end,
      queued = excluded.queued, running = excluded.running, succeeded = excluded.succeeded, failed = excluded.failed,
      cancelled = excluded.cancelled, doing = excluded.doing)
