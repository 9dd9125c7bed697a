-- What nodes of the version before may go on beside: they name the columns that they write.

-- Whether somebody may have been told of the job that holds a key, so that it is never withdrawn.
alter table idempotency add told boolean not null default false;

-- What of the request is kept no longer than the job is unfinished.
alter table live add credentials bytea;

-- Pieces whose row in receiving has this node belong to nobody: whoever comes by removes them, some at a time.
alter table receiving alter node set default '00000000-0000-0000-0000-000000000000';

-- The server whose clock the journal's time follows, how far the journal was ahead of that clock when it began to, and
-- when that was, by that clock.
alter table meta
    add server timestamptz,
    add ahead bigint not null default 0,
    add since bigint not null default 0;

create function server_millis() returns bigint language sql stable parallel safe
    return (extract(epoch from statement_timestamp()) * 1000)::bigint;

-- Which server this is: a standby that took over is another one, and so is one that was started again.
create function server() returns timestamptz language sql stable parallel safe
    return pg_postmaster_start_time();

-- The time is not earlier than this: what a node has seen of it, or when one of the latest jobs was accepted that wait.
create function seen_millis() returns bigint language sql stable parallel safe
    return (select greatest(
        (select max(seen_at) from node),
        (select max(l.rank - l.urgency * 30000) from (select id from job order by id desc limit 100) j
          cross join lateral (select rank, urgency from live where id = j.id offset 0) l)));

-- The time of the journal goes on smoothly when another server takes over whose clock differs: what that one is off is
-- made up for by going slower or faster by a tenth. Between the takeover and the first node that notices (see settle)
-- the time all but stands still at the last that a node has seen.
create or replace function millis() returns bigint language plpgsql stable parallel safe as $$
declare
    m meta;
    clock bigint := server_millis();
    seen bigint;
begin
    select * into m from meta;
    if m.server is distinct from server() then
        seen := seen_millis();
    end if;
    if m.ahead <> 0 then
        clock := clock + sign(m.ahead)::bigint * greatest(0, abs(m.ahead) - greatest(0, clock - m.since) / 10);
    end if;
    return case when seen is null then clock else greatest(seen, least(clock, seen + 1000)) end;
end
$$;
