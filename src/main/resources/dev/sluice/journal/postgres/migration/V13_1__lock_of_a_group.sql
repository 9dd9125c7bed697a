-- Locks the row of a group until the end of the transaction and returns it as it is then; no row if there is none. As a statement
-- of its own: for a row that another transaction changed while it was waited for, PostgreSQL starts a second executor with all
-- parts of the statement, which for those that move jobs costs as much as running them.
create function locked_group(wanted uuid) returns setof job_group language plpgsql rows 1 as $$
declare
    found_group job_group;
begin
    select * into found_group from job_group where id = wanted for update;
    if found then
        return next found_group;
    end if;
end $$;
