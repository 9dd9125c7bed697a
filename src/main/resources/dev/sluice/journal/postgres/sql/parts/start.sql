-- Starts the jobs of due, under a lease of $5 and the number $6.
l as (
  update live l set state = 'r', seq = l.seq + 1, fence = l.fence + 1, attempt = l.attempt + 1,
      lease_until = t.now + $5, claim = $6, started_at = t.now, progress = null, aside = false, awaiting = null, stream = null
    from t where l.id = any(array(select id from due))
  returning l.*),
told as (insert into event (job, seq, at, attempt, kind)
  select id, seq, started_at, attempt, 's' from l),
cut as (delete from event where ctid = any(array(
  select e.ctid from l cross join lateral (
    select ctid from event where job = l.id and kind <> 'o' order by seq desc offset {kept}) e
   where l.seq > {kept} and l.seq % {step} = 0))),
gm as materialized (
  select grp, id as job, seq as number, ord, 'q'::"char" as was, 'r'::"char" as became, started_at as at from l),
{grouped}
