-- Columns of a job that may be finished, of job j, live l and outcome o: see Rows. The fence of an outcome is the part of its
-- answer, if that has pieces: the fence itself is in the low 32 bits.
j.id, j.ord, j.route, j.detail, coalesce(l.state, o.state)::text, coalesce(l.seq, o.seq), coalesce(l.fence, o.fence & 4294967295),
coalesce(l.attempt, o.attempt), coalesce(l.due_at, o.due_at), coalesce(l.started_at, o.started_at), o.finished_at,
coalesce(l.failure, o.failure), coalesce(l.progress, o.progress), o.answer, coalesce(l.untried, o.untried, 0), l.give_up,
l.awaiting, l.parked is true
