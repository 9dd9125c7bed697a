-- Which jobs were accepted by an earlier try.
select j.id, j.ord from job j where j.id = any($1)
