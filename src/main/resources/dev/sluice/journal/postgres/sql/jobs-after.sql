-- Jobs as they stand, for whoever follows them.
select {any} from unnest($1::uuid[]) x(id) {by-id} where j.id is not null
