-- The request of a job, with its credentials as long as it is unfinished.
select j.request, l.credentials
  from job j left join lateral (select credentials from live where id = j.id offset 0) l on true where j.id = $1
