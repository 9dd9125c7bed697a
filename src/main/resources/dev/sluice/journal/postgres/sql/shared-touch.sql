-- Says that the shared values change with this transaction, and makes those that change them take turns.
insert into fact (name, value) values ('shared', uuid_send(gen_random_uuid()))
  on conflict (name) do update set value = excluded.value
