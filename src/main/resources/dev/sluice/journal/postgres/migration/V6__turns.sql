-- Nodes of earlier versions can run beside this one; they start the jobs of held callers and serve no turns. Their claims and
-- their positions become slower, because the index that they used is gone: until the last of them is replaced, each reads
-- all unfinished jobs. They also undo what this version sets aside, a thousand jobs at a time, and it sets them aside again.

-- Dropping an index comes first because it takes the exclusive lock on the table (see V4).
drop index live_due;
drop index live_delayed;

-- Building the indexes takes some seconds for each million waiting jobs.
set local statement_timeout = 0;

-- turn: jobs of a route are started in turns among its values. caller: who sent it. Both 0 where there is none.
-- aside: its caller was held when a claim met it. Such a job is in state d, as one that is not due yet, so that earlier
-- versions, which know nothing of it, start it as soon as it is due.
alter table live
    add turn bigint not null default 0,
    add caller bigint not null default 0,
    add aside boolean not null default false;

-- Each waiting job is in one of the first two. The turns of a route that have jobs waiting are found by one step in each of
-- them from one turn to the next, whatever waits in a turn.
create index live_fresh on live (route, turn, rank, ord) where state = 'q' and attempt = 0;
create index live_retried on live (route, turn, rank, ord) where state = 'q' and attempt > 0;
create index live_delayed on live (route, aside, due_at) where state = 'd';
create index live_aside on live (route, caller, rank, ord) where state = 'd' and aside;
