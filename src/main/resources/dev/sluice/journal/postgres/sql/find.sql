-- Jobs as they stand, whether they are erased, and where in the queue they are.
select x.id, t.id is not null, {position}, {any}
  from unnest($1::uuid[]) x(id) {by-id}
  left join lateral (select id from tombstone where id = x.id offset 0) t on true
