-- Writes one piece, and says whether it is there; may be done twice. Only while the body is still coming in, and locked, so
-- that whoever gives it up either sees this piece or keeps it from being written.
with r as materialized (select from receiving where job = $1 and part = $2
    and node <> '00000000-0000-0000-0000-000000000000' for share),
p as (insert into piece (job, part, n, bytes) select $1, $2, $3, $4 from r
  on conflict (job, part, n) do update set bytes = excluded.bytes)
select exists (select from r)
