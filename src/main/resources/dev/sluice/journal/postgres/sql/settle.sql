-- Lets the journal's time go on by the clock of a server that is new. $1 is what time it is for a node that has watched it;
-- null for one that has not, which takes the word of the server. It is never earlier than what was seen of it before.
with c as materialized (
  select clock, clock + sign(ahead)::bigint * greatest(0, abs(ahead) - greatest(0, clock - since) / 10) as told
    from (select server_millis() as clock, ahead, since from meta offset 0) m),
n as materialized (
  select clock, told, greatest(coalesce($1::bigint, told), seen_millis()) as now from c)
update meta set server = server(),
    ahead = case when n.told - n.now between 0 and 1000 then ahead else n.now - n.clock end,
    since = case when n.told - n.now between 0 and 1000 then since else n.clock end
  from n where server is distinct from server()
