select {any}
  from job j left join live l on l.id = j.id left join outcome o on o.id = j.id where j.id = $1
