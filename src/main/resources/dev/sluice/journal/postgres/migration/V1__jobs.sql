-- Tables of the shared journal. Their names are found through the search path, which is the gateway's schema.
--
-- What of a job never changes is written once, into job. What changes is in a narrow row of live as long as the job is
-- unfinished, and goes when the job ends: so live holds only what waits or runs, and claims cost the same whatever was
-- finished before. The end is written once, into outcome. Bodies and events are never rewritten.
--
-- Instants are milliseconds since 1970. A column that holds packed bytes begins with the number of their form.

-- The time of the journal, for whatever must agree between nodes.
create function millis() returns bigint language sql stable parallel safe
    return (extract(epoch from statement_timestamp()) * 1000)::bigint;

-- One row. A node whose form is older than oldest_node must not touch the tables.
create table meta (
    one boolean primary key default true check (one),
    secret bytea not null,
    oldest_node int not null
);

create sequence acceptance;

create table job (
    id uuid primary key,
    ord bigint not null,
    route text not null,
    key bytea,
    detail bytea not null,
    request bytea not null
);
alter table job alter column request set storage external;

-- state: d not due yet, q due, r runs. rank is the time of acceptance and 30 s for each step of urgency.
create table live (
    id uuid primary key,
    rank bigint not null,
    ord bigint not null,
    due_at bigint not null,
    deadline bigint,
    seq bigint not null,
    fence bigint not null,
    started_at bigint,
    lease_until bigint,
    claim bigint,
    attempt int not null,
    urgency smallint not null,
    state "char" not null,
    route text not null,
    failure bytea,
    progress bytea
) with (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.1, autovacuum_analyze_threshold = 5000
);
create index live_due on live (route, rank, ord) where state = 'q';
create index live_delayed on live (route, due_at) where state = 'd';
create index live_running on live (route, lease_until) where state = 'r';
create index live_deadline on live (deadline) where deadline is not null;

-- state: s succeeded, f failed, c cancelled. answer says in few bytes what result holds: head and, if it is small, body.
create table outcome (
    id uuid primary key,
    seq bigint not null,
    fence bigint not null,
    due_at bigint not null,
    started_at bigint,
    finished_at bigint not null,
    expires_at bigint not null,
    attempt int not null,
    state "char" not null,
    failure bytea,
    progress bytea,
    answer bytea,
    result bytea
);
alter table outcome alter column result set storage external;
create index outcome_expiry on outcome (expires_at);

-- What happened between the acceptance, which is the job, and the end, which is the outcome.
-- kind: s started, p progress, o output, r requeued.
create table event (
    job uuid not null,
    seq bigint not null,
    at bigint not null,
    attempt int not null,
    kind "char" not null,
    body bytea,
    primary key (job, seq)
);

-- Bodies too large to lie beside their head. part: 0 the request, else the fence under which the answer came.
create table piece (
    job uuid not null,
    part bigint not null,
    n int not null,
    bytes bytea not null,
    primary key (job, part, n)
);
alter table piece alter column bytes set storage external;

-- Bodies that come in just now, and which node takes them in.
create table receiving (
    job uuid not null,
    part bigint not null,
    node uuid not null,
    primary key (job, part)
);

-- Idempotency keys, as hashes, and of each the hash of the request that came under it.
create table idempotency (
    key bytea primary key,
    job uuid not null,
    fingerprint bytea not null
);

create table tombstone (
    id uuid primary key,
    erased_at bigint not null
);
create index tombstone_age on tombstone (erased_at);

create table node (
    id uuid primary key,
    name text not null,
    form int not null,
    seen_at bigint not null
);
