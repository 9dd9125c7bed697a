-- Some members of a group after one of them, as they stand.
select {any}, e.seq
  from (select seq, job from group_event where grp = $1 and number = 1 and seq > $2 order by seq limit $3) e
 cross join lateral (select e.job as id offset 0) x {by-id}
 order by e.seq
