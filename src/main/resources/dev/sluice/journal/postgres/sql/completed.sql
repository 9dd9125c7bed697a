-- Which answers that came by a later call are stored with their jobs, or have become their results; since when their jobs are due.
select x.id, x.part, coalesce(l.due_at, o.due_at) from unnest($1::uuid[], $2::bigint[]) x(id, part)
  left join lateral (select answer_part, due_at from live where id = x.id offset 0) l on true
  left join lateral (select part, due_at from outcome where id = x.id offset 0) o on true
 where x.part = coalesce(l.answer_part, o.part)
