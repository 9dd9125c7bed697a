-- The numbers of the latest events of jobs.
select x.id, coalesce(l.seq, o.seq) from unnest($1::uuid[]) x(id)
  left join lateral (select seq from live where id = x.id offset 0) l on true
  left join lateral (select seq from outcome where id = x.id offset 0) o on true
 where coalesce(l.seq, o.seq) is not null
