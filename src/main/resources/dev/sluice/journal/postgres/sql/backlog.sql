-- Counts what waits and runs, and beside that what is due of each turn: those with the oldest jobs, if there are very many.
with g as materialized (
  select route, standing, urgency, bucket, turn, count(*) as jobs, min(rank) as first, grouping(turn) = 0 as of_turn
    from (select l.*, rank / {bucket} as bucket, case when state = 'd' and not aside and due_at <= (select millis()) then 'q'
                   when state = 'r' and awaiting is not null then 'a' else state end::text as standing from live l) l
   group by grouping sets ((route, standing, urgency, bucket), (route, standing, turn)))
select route, standing, urgency, bucket, jobs, first, pg_stat_get_dead_tuples('live'::regclass), null::bigint
  from g where not of_turn
union all
(select route, standing, null, null, jobs, first, null, turn from g where of_turn and standing = 'q'
  order by turn <> 0, first limit {turns})
