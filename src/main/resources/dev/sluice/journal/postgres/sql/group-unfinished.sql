-- Some members of a group after one of them, and whether each is unfinished.
select e.seq, e.job, l.id is not null
  from (select seq, job from group_event where grp = $1 and number = 1 and seq > $2 order by seq limit {most}) e
  left join lateral (select id from live where id = e.job offset 0) l on true
 order by e.seq
