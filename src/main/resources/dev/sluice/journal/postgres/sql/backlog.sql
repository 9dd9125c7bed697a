-- Counts what waits and runs.
select route, case when state = 'd' and due_at <= (select millis()) then 'q' else state end::text as standing,
       urgency, rank / {bucket} as bucket, count(*), min(rank), pg_stat_get_dead_tuples('live'::regclass)
  from live group by 1, 2, 3, 4
