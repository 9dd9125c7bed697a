-- Removes a group of which nothing else is left.
delete from job_group where id = $1 and doing in ('e', 'x') and not exists (select from group_event where grp = $1)
