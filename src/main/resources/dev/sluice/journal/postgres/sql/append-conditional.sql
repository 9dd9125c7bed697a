-- Accepts jobs, some of which may have keys or bodies in pieces: those whose keys are free and whose pieces are there.
--
-- Keys are taken in one order everywhere, or two nodes could wait for each other. Pieces of a body are there as long as
-- their row in receiving is: another node may have cleared them up while this one was not seen. It goes with the
-- acceptance only: of two equal requests at once, the pieces of the one that loses are still known to be nobody's.
{append-data}
r as materialized (select job from receiving
   where job = any(array(select id from x where pieced)) and part = 0
     and node <> '00000000-0000-0000-0000-000000000000' order by job for update),
w as materialized (select * from x where not pieced or id in (select job from r)),
k as (insert into idempotency (key, job, fingerprint)
  select hash, id, print from w where key is not null order by hash
  on conflict do nothing returning job),
j as (insert into job (id, ord, route, key, detail, request)
  select id, ord, route, hash, detail, request from w where key is null or id in (select job from k)
  on conflict do nothing returning id),
done as (delete from receiving where job = any(array(select id from j)) and part = 0),
{append-live}
