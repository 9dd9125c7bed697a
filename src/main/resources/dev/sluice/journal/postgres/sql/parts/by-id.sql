-- The rows of jobs x, each found by the index whatever the planner takes the tables for: "offset 0" keeps it from joining
-- them in another way, which would be as cheap as long as they are empty.
left join lateral (select * from job where id = x.id offset 0) j on true
left join lateral (select * from live where id = x.id offset 0) l on true
left join lateral (select * from outcome where id = x.id offset 0) o on true
