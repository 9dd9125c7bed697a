-- Groups as they stand, those included that are being erased: see GroupRows.
select {group} from unnest($1::uuid[]) x(id) cross join lateral (select * from job_group where id = x.id offset 0) g
