-- How far groups are that are not erased.
select x.id, g.seq from unnest($1::uuid[]) x(id)
 cross join lateral (select seq from job_group where id = x.id and (doing in ('e', 'x')) is not true offset 0) g
