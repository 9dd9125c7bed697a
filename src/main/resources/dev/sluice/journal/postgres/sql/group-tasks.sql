-- Groups after $1 whose cancelling or erasing is under way or was interrupted.
select id, doing::text from job_group
 where id > $1 and doing in ('c', 'e') and (doing = 'e' or finished_at is null) order by id limit {most}
