delete from fact where name = any(array(select 'shared/' || u.name from unnest($1::text[]) as u (name)))
