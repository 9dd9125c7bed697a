-- Writes one piece; may be done twice. Only while the body is still coming in, and locked, so that whoever removes it
-- either sees this piece or keeps it from being written. Pieces that are part of an outcome are not touched, should its
-- claimant begin once more.
with r as (select from receiving where job = $1 and part = $2 for key share)
insert into piece (job, part, n, bytes) select $1, $2, $3, $4 from r
 where not exists (select from outcome o where o.id = $1 and o.fence = $2 and o.result is not null)
on conflict (job, part, n) do update set bytes = excluded.bytes
