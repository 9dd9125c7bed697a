-- From here on somebody may have been told of the job that holds a key; changes nothing if it was withdrawn meanwhile.
update idempotency set told = true where key = decode($1, 'hex') and job = $2
