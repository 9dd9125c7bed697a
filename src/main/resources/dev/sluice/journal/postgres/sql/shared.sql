-- All shared values, and which state of them that is; nothing if it is the one that is known.
select name, value from fact
  where (select value from fact where name = 'shared') is distinct from $1::bytea
    and (name = 'shared' or starts_with(name, 'shared/'))
