-- The answer that is to be decided on, if the claim still holds.
select answer_part, answered from live where id = $1 and fence = $2 and not parked and answered is not null
