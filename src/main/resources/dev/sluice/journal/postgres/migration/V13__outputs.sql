-- Nodes of earlier versions can run beside this one. As long as there are any, responses are streamed as they know it: to
-- piece, and once more to event. They cannot read what this version has streamed before. They do not erase it, either; that is
-- found and removed (see outputs-check).

-- The limit of the driver applies (see Migration).
set local statement_timeout = 0;

-- The output of jobs, in blocks of consecutive output events (see OutputBlock), which are the body of the response, too.
-- seq: the number of the first event. many: how many. till: the offset in the response behind the last byte.
-- head: status and fields of the response, in its first block.
--
-- The block is stored as it is. Pieces of 250 bytes that come fast take 1.09 bytes on disk for a byte; to compress them would
-- take time of the server with every batch that is written and with every part that is read.
create table output (
    job uuid not null,
    seq bigint not null,
    at bigint not null,
    till bigint not null,
    many int not null,
    head bytea,
    block bytea not null,
    primary key (job, seq)
);
alter table output alter column block set storage external;

-- Erased jobs whose output is being removed, some at a time.
create table output_gone (
    job uuid primary key
);

-- stream: the number of the first event of the response that is being streamed under the claim.
alter table live add stream bigint;
