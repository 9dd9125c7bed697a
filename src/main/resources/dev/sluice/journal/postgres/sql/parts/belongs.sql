-- Whether the body of row r belongs to a job. As a value, not as "exists", for which all jobs might be read.
case when r.part = 0 then (select true from job where id = r.job) is true
  else coalesce(
    (select true from outcome where id = r.job and (fence = r.part or part = r.part) and result is not null),
    (select true from live where id = r.job and answer_part = r.part), false) end
