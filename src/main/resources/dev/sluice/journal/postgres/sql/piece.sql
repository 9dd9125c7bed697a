select p.bytes from piece p where p.job = $1 and p.part = $2 and p.n = $3
