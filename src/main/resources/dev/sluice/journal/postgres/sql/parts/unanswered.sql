-- An answer that came by a later call and does not become the result is discarded: its pieces are noted as nobody's.
unanswered as (insert into receiving (job, part)
  select k.id, k.answer_part from k cross join lateral (
    select from piece where job = k.id and part = k.answer_part limit 1) p
   where k.answer_part is not null and k.answer_part is distinct from k.part
  on conflict (job, part) do update set node = excluded.node)
