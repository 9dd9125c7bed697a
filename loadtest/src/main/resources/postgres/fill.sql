-- Adds :count finished jobs, the copies of one that was really done, so that what is packed can be read. Their ids begin
-- with the milliseconds from :first on, one each.
set synchronous_commit = off;
create temporary table sample as select id from sluice.job where route = 'e2e' and id in (select id from sluice.outcome)
  order by id limit 1;
create temporary table copy as
  select (lpad(to_hex(:first + n), 12, '0') || substr(md5(n::text), 1, 20))::uuid as id
    from generate_series(0, :count - 1) n;
insert into sluice.job (id, ord, route, key, detail, request)
  select c.id, nextval('sluice.acceptance'), j.route, null, j.detail, j.request
    from copy c, sluice.job j where j.id in (select id from sample);
insert into sluice.outcome
    (id, seq, fence, due_at, started_at, finished_at, expires_at, attempt, state, failure, progress, answer, result)
  select c.id, o.seq, o.fence, o.due_at, o.started_at, o.finished_at, o.expires_at, o.attempt, o.state, o.failure,
         o.progress, o.answer, o.result
    from copy c, sluice.outcome o where o.id in (select id from sample);
insert into sluice.event (job, seq, at, attempt, kind, body)
  select c.id, e.seq, e.at, e.attempt, e.kind, e.body
    from copy c, sluice.event e where e.job in (select id from sample);
