-- Nodes of earlier versions can run beside this one; the jobs that they accept count for no client.

-- Building the index takes a moment: no job has a client yet.
set local statement_timeout = 0;

-- client: whose unfinished job it is, on a route that bounds those of a client. 0 elsewhere.
alter table live add client bigint not null default 0;
create index live_client on live (route, client) where client <> 0;
