-- The number of the first event of the block that has the byte at offset $3 of the response that begins with event $2, found in a
-- logarithmic number of steps; null if there is none. The block is one that begins between low and high.
with recursive s(low, high) as (
  (select $2::bigint, seq from output where job = $1 and seq >= $2 and till > $3
    and seq = (select seq from output where job = $1 and seq >= $2 order by seq desc limit 1))
  union all
  select case when b.till > $3 then s.low else (s.low + s.high) / 2 + 1 end, case when b.till > $3 then b.seq else s.high end
    from s left join lateral (
      select seq, till from output where job = $1 and seq >= s.low and seq <= (s.low + s.high) / 2 order by seq desc limit 1) b on true
   where s.low < s.high)
select high from s where low >= high
