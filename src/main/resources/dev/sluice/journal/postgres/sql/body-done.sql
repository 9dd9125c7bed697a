-- The pieces of a body belong to a job, unless that is erased by now or came to its end with another answer.
delete from receiving r where job = $1 and part = $2 and {belongs}
