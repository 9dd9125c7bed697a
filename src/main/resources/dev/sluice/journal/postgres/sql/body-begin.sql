-- A body begins to come in.
insert into receiving (job, part, node) values ($1, $2, $3)
on conflict (job, part) do update set node = excluded.node
