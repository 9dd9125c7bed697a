-- Accepts jobs, some of which may have keys or bodies in pieces: those whose keys are free and whose pieces are there.
--
-- Keys are taken in one order everywhere, or two nodes could wait for each other. Pieces of a body are there as long as
-- their row in receiving is: another node may have cleared them up while this one was not seen.
{append-data}
r as (delete from receiving using x where x.pieced and receiving.job = x.id and receiving.part = 0
    and not exists (select from idempotency i where i.key = decode(x.key, 'hex'))
  returning receiving.job),
w as (select x.* from x where not x.pieced or exists (select from r where r.job = x.id)),
k as (insert into idempotency (key, job, fingerprint)
  select decode(w.key, 'hex'), w.id, substring(data.b from w.start + w.details + w.requests for w.prints)
    from w, data where w.key is not null order by w.key
  on conflict do nothing returning key, job),
j as (insert into job (id, ord, route, key, detail, request)
  select s.id, nextval('acceptance'), s.route, decode(s.key, 'hex'),
         substring(data.b from s.start for s.details),
         substring(data.b from s.start + s.details for s.requests)
    from (select * from w where key is null or exists (select from k where k.job = w.id) order by n) s, data
  on conflict do nothing returning id, ord),
{append-live}
