-- What nodes of the versions before may go on beside: they know neither the table nor that there may be other parts.

-- Durable values by name. The secret is one; nodes of the versions before read it in meta, so that it is made here, once,
-- where there is none yet.
create table fact (
    name text primary key,
    value bytea not null
);
insert into meta (secret, oldest_node)
    values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 1) on conflict do nothing;
insert into fact (name, value) select 'secret', secret from meta;

comment on column piece.part is 'The request is 0; of an answer the fence of its claim is in the low 32 bits.';
comment on column outcome.fence is 'The part of the answer, if it has pieces: the fence itself is in the low 32 bits.';
