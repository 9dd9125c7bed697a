-- Nodes of earlier versions can run beside this one. As long as there are any, no job is parked: they would take the loss of a
-- check for that of an attempt. Two of their statements become slower: the check for expired leases and the count of a limit of
-- the cluster read all unfinished jobs, because the index that they used is gone.

-- Dropping an index comes first because it takes the exclusive lock on the table (see V4).
drop index live_running;

-- Building the index reads the table (see V6).
set local statement_timeout = 0;

-- parked: it is in state r, and no node holds a claim of it, so that it has no lease. due_at is when it is to be checked on.
-- awaiting: what it waits for; null unless its backend has taken the work over.
-- answered: an answer that came by a later call and is still to be decided on: its head and, if it is small, its body.
-- answer_part: the part of its pieces, and what tells it from other answers.
alter table live
    add parked boolean not null default false,
    add awaiting bytea,
    add answered bytea,
    add answer_part bigint;
alter table live alter column answered set storage external;

create index live_running on live (route, lease_period) where state = 'r' and not parked;
create index live_parked on live (route, due_at) where parked;
