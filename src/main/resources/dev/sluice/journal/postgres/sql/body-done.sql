-- Whoever removes this row decides what becomes of the pieces: a job that is accepted does, too.
delete from receiving where job = $1 and part = $2
