select value from fact where name = $1
