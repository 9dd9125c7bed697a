select {position} from live l where l.id = $1
