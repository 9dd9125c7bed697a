insert into receiving (job, part, node) values ($1, $2, $3) on conflict do nothing
