u.*, decode(u.key, 'hex') as hash, nextval('acceptance') as ord, t.now, t.now + u.urgency * 30000 as rank,
case when u.at_once or u.due <= t.now then 'q'::"char" else 'd'::"char" end as state
