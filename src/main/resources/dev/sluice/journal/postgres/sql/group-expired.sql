-- Groups that have expired and are not erased yet.
select id from job_group where doing = 'x' and id >= '00000000-0000-0000-0000-000000000000' order by id limit {most}
