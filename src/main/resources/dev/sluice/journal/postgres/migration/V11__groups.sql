-- Nodes of earlier versions can run beside this one as long as there is no group: they would move jobs of groups without counting
-- that. So none is created while such a node is alive, and the first one raises meta.oldest_node (see group-create).

-- The limit of the driver applies (see Migration).
set local statement_timeout = 0;

-- grp: the group of an unfinished job.
alter table live add grp uuid;

-- seq: the number of its latest event. doing: c it is cancelled, or was; e it is being erased with its jobs; x it has expired and
-- is being erased by itself. In the last two only its tombstone is known of it.
-- The row changes with each step in which jobs of the group move. joined_period is the time in periods of 1,048.576 s (2^20 ms),
-- so that joining writes index entries once in such a period.
create table job_group (
    id uuid primary key,
    spec bytea not null,
    size int not null,
    keep bigint not null,
    seq bigint not null,
    joined_at bigint not null,
    joined_period bigint generated always as (joined_at >> 20) stored,
    closed_at bigint,
    finished_at bigint,
    expires_at bigint,
    queued bigint not null,
    running bigint not null,
    succeeded bigint not null,
    failed bigint not null,
    cancelled bigint not null,
    doing "char"
) with (fillfactor = 50);
create index job_group_idle on job_group (joined_period) where closed_at is null;
create index job_group_expiry on job_group (expires_at) where expires_at is not null;
create index job_group_tasks on job_group (id) where doing in ('c', 'e') and (doing = 'e' or finished_at is null);
create index job_group_expired on job_group (id) where doing = 'x';

-- What happened in a group. A row holds either the events that one statement recorded of its jobs, numbered up to seq: those with
-- the numbers "numbers" of the jobs "jobs". Or a change of the group itself (kind: o created, c closed, f finished), with the
-- group after it (see group-turn). joins: they are the acceptances of jobs, so that these are its members in their order. As one
-- row for each event it would cost as much again as the jobs themselves.
create table group_event (
    grp uuid not null,
    seq bigint not null,
    joins boolean not null default false,
    jobs uuid[],
    numbers bigint[],
    at bigint,
    kind "char",
    state bigint[],
    primary key (grp, seq)
) with (toast_tuple_target = 8160);
alter table group_event alter column jobs set storage external;
create index group_event_member on group_event (grp, seq) where joins;

create table group_tombstone (
    id uuid primary key,
    erased_at bigint not null
);
create index group_tombstone_age on group_tombstone (erased_at);
