select j.request from job j where j.id = $1
