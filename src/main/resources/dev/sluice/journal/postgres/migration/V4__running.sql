-- What nodes of the versions before may go on beside: of their statements, only those that look for expired leases become
-- slower, by what it takes to read the running jobs of the routes asked for.

-- The end of a lease is in no index any more, so that renewing it writes no index entries (a HOT update). It is dropped
-- first: that takes the lock that keeps everybody else from the table, so that nobody waits for somebody who waits for him.
drop index live_running;

-- With a million jobs waiting this takes about a second. Given up for taking longer, it would never be done.
set local statement_timeout = 0;
create index live_running on live (route) where state = 'r';
