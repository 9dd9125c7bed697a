-- Columns of a job that is unfinished, of job j and live l: see Rows.
j.id, j.ord, j.route, j.detail, l.state::text, l.seq, l.fence, l.attempt, l.due_at, l.started_at, null::bigint, l.failure,
l.progress, null::bytea, l.untried, l.give_up, l.awaiting, l.parked
