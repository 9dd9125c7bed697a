-- Forgets nodes that were not seen for long.
delete from node where seen_at < (select millis()) - {forgotten}
