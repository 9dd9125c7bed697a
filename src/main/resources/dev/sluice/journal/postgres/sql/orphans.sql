-- Bodies that a node took in which is gone, and those of this one that nobody knows of here any more, because the database
-- was away when it was decided what becomes of them: whether they belong to a job. Of an answer that is not known as long
-- as its claim holds.
select r.job, r.part, {belongs}
  from receiving r
 where case when r.node = $1
         then not exists (select from unnest($2::uuid[], $3::bigint[]) c(job, part) where c.job = r.job and c.part = r.part)
         else not exists (select from node n where n.id = r.node) end
   and (select fence = r.part & 4294967295 and state = 'r' and lease_until > (select millis()) from live where id = r.job) is not true
 limit 256
