-- Some members of a group after one of them, and whether each is unfinished.
select e.seq, e.job, l.id is not null
  from {group-joined} e left join lateral (select id from live where id = e.job offset 0) l on true
 order by e.seq
