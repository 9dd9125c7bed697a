-- Nodes of earlier versions can run beside this one. Two of their statements become slower: the check for expired leases
-- reads all running jobs of the requested routes, and so does the count of a limit of the cluster.

-- No index contains the end of a lease, so that renewing one is a heap-only update (HOT) and writes no index entries.
-- Dropping the old index comes first because it takes the exclusive lock on the table: a migration that took a weaker lock
-- first could deadlock with the statements of running nodes.
drop index live_running;

-- Rewriting the table with a million waiting jobs takes some seconds. A limit on that would make every start fail.
set local statement_timeout = 0;

-- The period of 65.536 s (2^16 ms) in which the lease ends. A renewal changes it once in such a period, and only that renewal
-- writes index entries. It is generated, so that it is also right for leases that earlier versions begin and renew.
alter table live add lease_period bigint generated always as (lease_until >> 16) stored;

-- The period allows a count of the leases that hold to skip entries of jobs that ended before. Those entries stay in the
-- index until a vacuum removes them, which it cannot while a transaction as old as the jobs is open (a backup, for example).
create index live_running on live (route, lease_period) where state = 'r';
