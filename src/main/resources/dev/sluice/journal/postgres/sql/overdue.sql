-- Unfinished jobs whose deadlines have passed.
select l.id from live l where l.deadline <= (select millis()) order by l.deadline limit {most}
