-- What is stored of the response that is being streamed: its first event, the attempt, the head and the bytes so far.
select l.stream, l.attempt, f.head, u.till
  from live l
 cross join lateral (select head from output where job = l.id and seq = l.stream offset 0) f
 cross join lateral (select till from output where job = l.id and seq >= l.stream order by seq desc limit 1) u
 where l.id = $1 and l.stream is not null and l.state = 'r'
