-- A page of jobs, newest first. The bound is one value in any case: of a choice between two conditions no index is used.
with look as materialized (
  select j.* from job j where j.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     and j.id >= $2 order by j.id desc limit $3)
select {any}, (select count(*) from look), (select id from look order by id limit 1)
  from (select count(*) from look) c left join (
    look j left join lateral (select * from live where id = j.id offset 0) l on true
           left join lateral (select * from outcome where id = j.id offset 0) o on true)
    on ($4::text is null or j.route = $4)
   and ($5::text is null or $5 = replace(coalesce(l.state, o.state)::text, 'd', 'q'))
 order by j.id desc limit $6
