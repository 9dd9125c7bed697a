-- As in V5; apart, because a transaction that locks both tables could deadlock with the statements of running nodes.
set local statement_timeout = 0;

alter table outcome add untried int not null default 0;
