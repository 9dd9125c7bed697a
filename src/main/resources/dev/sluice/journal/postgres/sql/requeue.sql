-- Moves jobs back to the queue. An insert that always finds its row is an update that needs no join.
with x as materialized (
  select *, null::bigint as part from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[], $6::int[], $7::bigint[],
                       $8::bytea[], $9::bytea[], $10::int[], $11::bigint[])
    as u(id, seq, fence, leased, parked, attempt, due, failure, body, untried, give_up)),
{moving},
m as (insert into live as l (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route, failure, untried,
                     give_up)
  select k.id, k.rank, k.ord, coalesce(k.due, k.now), k.seq + 1, k.fence, k.attempt, k.urgency,
         case when k.due > k.now then 'd'::"char" else 'q'::"char" end, k.route, k.failure,
         k.untried, k.give_up
    from k
  on conflict (id) do update set state = excluded.state, aside = false, due_at = excluded.due_at, seq = excluded.seq,
      attempt = excluded.attempt, lease_until = null, claim = null, failure = excluded.failure,
      untried = excluded.untried, give_up = excluded.give_up, parked = false, stream = null, awaiting = null, answered = null,
      answer_part = null),
{unanswered},
{cut},
gm as materialized (select grp, id as job, seq + 1 as number, ord, was, 'q'::"char" as became, now as at from k),
{grouped}
insert into event (job, seq, at, attempt, kind, body)
  select id, seq + 1, now, 0, 'r', body from k
  returning job, at
