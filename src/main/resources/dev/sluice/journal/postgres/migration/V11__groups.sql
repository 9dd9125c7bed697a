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

-- What happened in a group: event number of a job, or a change of the group itself (kind: o created, c closed, f finished), with
-- the group after it (see group-turn). A job joins with its event 1, so that these are its members in the order of acceptance.
create table group_event (
    grp uuid not null,
    seq bigint not null,
    job uuid,
    number bigint,
    at bigint,
    kind "char",
    state bigint[],
    primary key (grp, seq)
);
create index group_event_member on group_event (grp, seq) where number = 1;

create table group_tombstone (
    id uuid primary key,
    erased_at bigint not null
);
create index group_tombstone_age on group_tombstone (erased_at);
