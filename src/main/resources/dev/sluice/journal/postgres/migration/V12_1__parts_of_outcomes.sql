-- Apart from V12, because a transaction that locks both tables could deadlock with the statements of running nodes.
set local statement_timeout = 0;

-- part: that of an answer that came by a later call, under another fence than the one of the end.
alter table outcome add part bigint;
