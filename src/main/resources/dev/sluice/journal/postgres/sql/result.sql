select coalesce(o.part, o.fence), o.result, o.answer, o.attempt from outcome o where o.id = $1 and o.result is not null
