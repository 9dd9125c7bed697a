select {unfinished} from job j join live l on l.id = j.id where j.id = $1
