package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.core.EventCodec;
import dev.sluice.journal.core.OutputBlock;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads the events of jobs. */
final class EventReads implements Feed.Source {

    /** Events of one job that are read at once, of which a reader without events behind it has use for a few. */
    static final int EVENTS_AT_ONCE = 256;

    /** The limit of a page of one job in bytes, exceeded by one event at most. */
    static final int PAGE_BYTES = 32 * 1024;

    /** The limit of a page of several jobs in bytes, exceeded by one event at most. */
    static final int FEED_BYTES = 1024 * 1024;

    private static final String JOB = Sql.of("job");

    static final String EVENTS = Sql.of("events", Map.of("most", EVENTS_AT_ONCE, "bytes", PAGE_BYTES));

    static final String JOBS_AFTER = Sql.of("jobs-after");

    static final String EVENTS_AFTER = Sql.of("events-after", Map.of("most", EVENTS_AT_ONCE, "bytes", FEED_BYTES));

    static final String LATEST = Sql.of("latest");

    private final Database database;
    private final Workers workers;

    EventReads(Database database, Workers workers) {
        this.database = database;
        this.workers = workers;
    }

    Flux<JobEvent> history(JobId id, long after) {
        return workers.run(() -> database.first(JOB, Rows::job, Rows.uuid(id)))
                .flatMapMany(job -> {
                    Flux<JobEvent> first = after < 1 ? Flux.just(job.accepted()) : Flux.empty();
                    Flux<JobEvent> last = job.state().finished() && after < job.lastSeq()
                            ? Flux.just(new JobEvent.Finished(job))
                            : Flux.empty();
                    return Flux.concat(first, between(job, Math.max(1, after)), last);
                })
                .onErrorMap(Faults::told);
    }

    /** Reads page after page, each when the previous one was consumed. */
    private Flux<JobEvent> between(Job job, long after) {
        return page(job, after)
                .expand(page -> page.more() ? page(job, page.last()) : Mono.empty())
                .concatMapIterable(Page::events, 1);
    }

    private Mono<Page> page(Job job, long after) {
        return workers.run(() -> page(job.id(), job.route(), after));
    }

    /** A page of events of a job, and whether there may be more. */
    record Page(List<JobEvent> events, boolean more) {

        private long last() {
            return events.get(events.size() - 1).seq();
        }
    }

    Page page(JobId id, String route, long after) {
        long[] bytes = {0};
        long[] told = {0};
        List<JobEvent> events = new ArrayList<>();
        database.read(
                EVENTS,
                row -> {
                    bytes[0] += length(row);
                    told[0] += Rows.number(row, 6);
                    return add(row, route, after, events);
                },
                Rows.uuid(id),
                after);
        return new Page(events, told[0] >= EVENTS_AT_ONCE || bytes[0] >= PAGE_BYTES);
    }

    private static int length(ResultSet row) throws SQLException {
        byte[] body = Rows.optional(row, 5);
        return body == null ? 0 : body.length;
    }

    /** Adds an event, or the events of a block with numbers above {@code after}. */
    private static boolean add(ResultSet row, String route, long after, List<JobEvent> events) throws SQLException {
        if (Rows.text(row, 4).charAt(0) == Settling.BLOCK) {
            Instant at = Instant.ofEpochMilli(Rows.number(row, 2));
            OutputBlock.of(Rows.number(row, 1), Rows.bytes(row, 5), at)
                    .events(Rows.id(row, 0), route, after, events::add);
        } else {
            events.add(event(row, route));
        }
        return true;
    }

    private static JobEvent event(ResultSet row, String route) throws SQLException {
        byte[] body = Rows.optional(row, 5);
        return EventCodec.event(
                Rows.id(row, 0),
                route,
                Rows.number(row, 1),
                Instant.ofEpochMilli(Rows.number(row, 2)),
                (int) Rows.number(row, 3),
                Rows.text(row, 4).charAt(0),
                body == null ? new byte[0] : body);
    }

    /** Jobs are read first, so that all events of a finished job exist. */
    @Override
    public Feed.Fetched after(Map<JobId, Long> numbers) {
        List<JobId> ids = List.copyOf(numbers.keySet());
        UUID[] uuids = Rows.uuids(ids);
        Long[] after = ids.stream()
                .map(id -> Math.max(1, numbers.getOrDefault(id, 0L)))
                .toArray(Long[]::new);
        Map<JobId, Job> jobs = new HashMap<>();
        database.read(JOBS_AFTER, Rows::job, (Object) uuids).forEach(job -> jobs.put(job.id(), job));
        List<JobEvent> between = new ArrayList<>();
        Map<JobId, Integer> rows = new HashMap<>();
        long[] bytes = {0};
        database.read(
                EVENTS_AFTER,
                row -> {
                    JobId id = Rows.id(row, 0);
                    Job job = jobs.get(id);
                    rows.merge(id, 1, Integer::sum);
                    bytes[0] += length(row);
                    return job == null || add(row, job.route(), numbers.getOrDefault(id, 0L), between);
                },
                uuids,
                after);
        Set<JobId> cut = new HashSet<>(bytes[0] >= FEED_BYTES ? jobs.keySet() : Set.of());
        rows.forEach((id, count) -> {
            if (count == EVENTS_AT_ONCE) {
                cut.add(id);
            }
        });
        return complete(jobs, between, numbers, cut);
    }

    /** Appends the final event of a job only if all earlier events are present. */
    private static Feed.Fetched complete(
            Map<JobId, Job> jobs, List<JobEvent> between, Map<JobId, Long> numbers, Set<JobId> cut) {
        Map<JobId, Long> read = new HashMap<>(numbers);
        between.forEach(event -> read.merge(event.job(), event.seq(), Math::max));
        Map<JobId, Long> more = new HashMap<>();
        List<JobEvent> all = new ArrayList<>(between);
        jobs.forEach((id, job) -> {
            long last = Math.max(1, read.getOrDefault(id, 0L));
            if (cut.contains(id) && last < job.lastSeq() - (job.state().finished() ? 1 : 0)) {
                more.put(id, last);
            }
            long after = numbers.getOrDefault(id, 0L);
            if (after < 1) {
                all.add(job.accepted());
            }
            if (job.state().finished() && after < job.lastSeq() && !more.containsKey(id)) {
                all.add(new JobEvent.Finished(job));
            }
        });
        all.sort(Comparator.comparingLong(JobEvent::seq));
        Set<JobId> gone = new HashSet<>(numbers.keySet());
        gone.removeAll(jobs.keySet());
        return new Feed.Fetched(all, gone, more);
    }

    @Override
    public Map<JobId, Long> latest(List<JobId> ids) {
        Map<JobId, Long> latest = new HashMap<>();
        database.read(LATEST, row -> latest.put(Rows.id(row, 0), Rows.number(row, 1)), (Object) Rows.uuids(ids));
        return latest;
    }
}
