-- What a server has counted so far of the database :name, for EndToEnd: key|value a line. Taken before (:before is 1) and
-- after what is measured, and meanwhile nothing is done: idle connections tell only after ten seconds what they did. The
-- position in the log is exact at once, but it is the whole server's.
\set wait 'select from pg_sleep(11);'
\set wal 'select \'wal\', pg_current_wal_lsn() - \'0/0\'::pg_lsn;'
\if :before
:wait
:wal
\else
:wal
:wait
\endif
select 'transactions', xact_commit from pg_stat_database where datname = :'name';
select 'active', active_time from pg_stat_database where datname = :'name';
select current_setting('server_version_num')::int >= 180000 as by_io \gset
\if :by_io
select 'syncs', sum(fsyncs) from pg_stat_io where object = 'wal';
\else
select 'syncs', wal_sync from pg_stat_wal;
\endif
