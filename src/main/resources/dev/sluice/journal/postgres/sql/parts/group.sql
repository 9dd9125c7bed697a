g.id, g.spec, g.seq, g.joined_at, g.closed_at, g.finished_at, g.queued, g.running, g.succeeded, g.failed, g.cancelled,
g.doing::text
