-- As claim, for routes whose jobs differ. From the time $9 on it looks for expired leases.
--
-- What is started is chosen without locks: of the turns after the last one that was served ($7), as many as there is room
-- for, and of each the first jobs in their order, taken in turns (see Turns). If $8, the turns are those of $13, each from a
-- rank on (see Heads). Then as many of each turn are locked as were chosen, which are others if another node is faster.
-- Jobs of held callers that are met are set aside. Where $15 is not 0, so many jobs are looked at for them. Of the turns $19 in the
-- routes of $18 at most $20 jobs are started, of each of the others $21; those with 0 are passed over. The last column names the
-- routes of which more could have been started, each after the last turn that was looked at.
with t as materialized (select millis() as now),
u as materialized (
  select u.*, array(select h.caller from unnest($11::text[], $12::bigint[]) h(route, caller) where h.route = u.route) as held,
      array(select h.turn from unnest($18::text[], $19::bigint[], $20::int[]) h(route, turn, most)
        where h.route = u.route and h.most <= 0) as held_turns
    from unnest($1::text[], $2::int[], $3::int[], $7::bigint[], $10::int[], $15::int[], $21::int[])
           as u(route, room, most, last, retries, deep, each)),
named as materialized (select * from unnest($18::text[], $19::bigint[], $20::int[]) h(route, turn, most) where h.most > 0),
f as materialized (select {next-due} as next_due,
    case when (select now from t) >= $9 then {first-expiry} end as first_expiry,
    not $8 and exists (select from live where deadline <= (select now from t)) as overdue,
    $14 and exists (select from u cross join lateral ({released} limit 1) r) as released,
    pg_advisory_xact_lock($6) as under_way),
b as materialized (select coalesce(
    next_due <= (select now from t) or first_expiry <= (select now from t) or overdue or released, false) as blocked from f),
w as materialized (
  select c.*, greatest(c.room, c.deep) as reach from (
    select u.route, u.last, u.retries, u.held, u.held_turns, u.deep, u.each, least(u.room, case when u.most = 2147483647 then u.room else u.most
        - (select count(*) from live c
            where c.state = 'r' and not c.parked and c.awaiting is null and c.route = u.route and c.lease_period >= (select now from t) >> 16
              and c.lease_until > (select now from t)) end)::int as room
      from u, b where $4 or not b.blocked) c),
turns as materialized (
  select r.*, greatest((r.deep + r.many - 1) / r.many, least(r.room - r.many + 1, greatest({least}, 4 * r.room / r.many))) as step
    from (select w.*, s.turn, s.head, s.n, count(*) over (partition by w.route) as many,
                 coalesce((select h.most from named h where h.route = w.route and h.turn = s.turn), w.each) as part
            from w cross join lateral (
              select s.* from (
                select r.turn, 0 as head, r.n from (
                  with recursive r(turn, passed, n) as (
                    select w.last, false, 0 where not $8
                    union all
                    select s.turn, s.passed, r.n + 1 from r cross join lateral (
                      select coalesce(a.turn, case when not r.passed then {first-turn} end) as turn,
                             r.passed or a.turn is null as passed
                        from (select {next-turn} as turn offset 0) a offset 0) s
                     where s.turn is not null and (not s.passed or s.turn <= w.last))
                  select * from r where n > 0) r
                union all
                select h.turn, h.head, h.n from unnest($13::text[], $16::bigint[], $17::bigint[]) with ordinality
                    as h(route, turn, head, n)
                 where $8 and h.route = w.route and (
                   exists (select from live l where l.route = w.route and l.state = 'q' and l.attempt = 0 and l.turn = h.turn
                     and l.rank >= h.head)
                   or (w.retries > 0 and exists (select from live l where l.route = w.route and l.state = 'q' and l.attempt > 0
                     and l.turn = h.turn and l.rank >= h.head)))) s
               where not s.turn = any(w.held_turns)
               limit w.reach) s
           where w.room > 0) r),
seen as materialized (
  select w.route, w.turn, w.n, w.room, w.retries, w.step, w.part, p.*, p.caller = any(w.held) as held
    from turns w cross join lateral (
      select * from (select l.id, l.rank, l.ord, l.caller, true as fresh from live l
        where l.route = w.route and l.turn = w.turn and l.state = 'q' and l.attempt = 0 and l.rank >= w.head
          and (l.deadline is null or l.deadline > (select now from t))
        order by l.rank, l.ord limit w.step) x
      union all
      select * from (select l.id, l.rank, l.ord, l.caller, false from live l
        where l.route = w.route and l.turn = w.turn and l.state = 'q' and l.attempt > 0 and l.rank >= w.head
          and (l.deadline is null or l.deadline > (select now from t))
        order by l.rank, l.ord limit least(w.step, w.retries)) x) p),
allowed as (
  select s.* from (
    select s.*, row_number() over (partition by s.route, s.fresh order by s.place, s.n) as nth from (
      select s.*, row_number() over (partition by s.route, s.turn order by s.rank, s.ord) as place from seen s
       where not s.held) s) s
   where s.fresh or s.nth <= s.retries),
chosen as materialized (
  select c.route, c.turn, c.fresh, count(*) as jobs, max(c.rank) as rank from (
    select a.*, row_number() over (partition by a.route order by a.place, a.n) as nth from (
      select a.route, a.turn, a.fresh, a.rank, a.n, a.room, a.part,
             row_number() over (partition by a.route, a.turn order by a.rank, a.ord) as place from allowed a) a
     where a.place <= a.part) c
   where c.nth <= c.room group by c.route, c.turn, c.fresh),
due as materialized (
  select c.route, p.id from (
    select w.route, w.turn, w.head, w.held, case when w.held = '{}' then 9223372036854775807 else c.rank end as upto,
           case when c.fresh then c.jobs else 0 end as fresh, case when c.fresh then 0 else c.jobs end as retried
      from chosen c join turns w on w.route = c.route and w.turn = c.turn) c cross join lateral (
    select * from (select l.id from live l
      where l.route = c.route and l.turn = c.turn and l.state = 'q' and l.attempt = 0 and l.rank >= c.head and l.rank <= c.upto
        and (l.deadline is null or l.deadline > (select now from t)) and not l.caller = any(c.held)
      order by l.rank, l.ord limit c.fresh for update skip locked) x
    union all
    select * from (select l.id from live l
      where l.route = c.route and l.turn = c.turn and l.state = 'q' and l.attempt > 0 and l.rank >= c.head and l.rank <= c.upto
        and (l.deadline is null or l.deadline > (select now from t)) and not l.caller = any(c.held)
      order by l.rank, l.ord limit c.retried for update skip locked) x) p),
aside as (
  update live set state = 'd', aside = true where id = any(array(
    select l.id from live l where l.id = any(array(select id from seen where held)) and l.state = 'q' for update skip locked))),
left_over as materialized (
  select array_agg(w.last || ' ' || w.route) as routes from (
    select route, max(room) as room, count(*) >= max(reach) as cut, (array_agg(turn order by n desc))[1] as last,
           max(held) <> '{}' as holds
      from turns group by route) w
    left join (select s.route, bool_or(s.jobs >= s.step and (s.step < s.part or s.holds)) as cut from (
        select route, turn, fresh, step, part, bool_or(held) as holds, count(*) as jobs from seen
         group by route, turn, fresh, step, part) s
      group by s.route) s on s.route = w.route
    left join (select route, count(*) as jobs from due group by route) d on d.route = w.route
    left join (select route, sum(jobs) as jobs from chosen group by route) c on c.route = w.route
   where coalesce(d.jobs, 0) < w.room and (w.cut or s.cut or (w.holds and c.jobs > coalesce(d.jobs, 0)))),
{start}
select {unfinished}, f.next_due, b.blocked, (select now from t), f.first_expiry, j.request, l.credentials,
       (select routes from left_over)
  from f cross join b left join (l cross join lateral (select * from job where id = l.id offset 0) j) on true
 order by l.rank, l.ord
