-- The members of the group $1 that joined with a number above $2, in their order.
(select e.seq - cardinality(e.jobs) + m.place as seq, m.job
   from (select seq, jobs from group_event where grp = $1 and joins and seq > $2 order by seq limit {most}) e
  cross join lateral unnest(e.jobs) with ordinality m(job, place)
  where e.seq - cardinality(e.jobs) + m.place > $2
  order by e.seq, m.place limit {most})
