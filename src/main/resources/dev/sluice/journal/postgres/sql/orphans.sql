-- Bodies that a node took in which is gone, and those of this one that nobody knows of here any more, because the database
-- was away when it was decided what becomes of them: whether they belong to a job. Of an answer that is not known as long
-- as its claim holds.
select r.job, r.part, case when r.part = 0 then exists (select from job j where j.id = r.job)
         else exists (select from outcome o where o.id = r.job and o.fence = r.part and o.result is not null) end
  from receiving r
 where case when r.node = $1
         then r.part > 0 or not r.job = any($2)
         else not exists (select from node n where n.id = r.node) end
   and not exists (select from live l
         where l.id = r.job and l.fence = r.part and l.state = 'r' and l.lease_until > millis())
 limit 256
