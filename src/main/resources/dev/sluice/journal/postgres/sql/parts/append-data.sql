-- What is decided here is decided once, so that no part of the statement looks for its row in another: groups would be
-- joined row by row.
with x as materialized (select {append-columns} from (select millis() as now offset 0) t, {append-unnest}),
