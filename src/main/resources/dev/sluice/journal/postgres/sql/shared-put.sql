insert into fact (name, value) select 'shared/' || u.name, u.value from unnest($1::text[], $2::bytea[]) as u (name, value)
  on conflict (name) do update set value = excluded.value
