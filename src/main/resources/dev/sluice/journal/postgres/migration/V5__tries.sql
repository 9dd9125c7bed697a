-- Nodes of earlier versions can run beside this one: they leave both columns as they are, so that what they call counts as a
-- try, and they ignore when a job is given up.

-- Building the index reads the table, which takes a second with a million waiting jobs.
set local statement_timeout = 0;

-- untried: how many of the attempts did not count as tries. give_up: when the job fails with what it last met if it waits.
alter table live add untried int not null default 0, add give_up bigint;

-- Only jobs whose backend could not be called are given up, so that this is empty most of the time. Jobs that run are not in
-- it, because a call that is under way may succeed.
create index live_give_up on live (give_up) where give_up is not null and state <> 'r';
