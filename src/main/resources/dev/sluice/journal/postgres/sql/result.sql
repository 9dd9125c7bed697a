select coalesce(o.part, o.fence), o.result from outcome o where o.id = $1 and o.result is not null
