-- Some members of a group after one of them, as they stand.
select {any}, e.seq
  from {group-joined} e cross join lateral (select e.job as id offset 0) x {by-id}
 order by e.seq
