package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Bytes;
import io.r2dbc.spi.Row;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Everything that is read but for the job itself, which {@link Finds} reads for many at once. */
final class Reads implements Feed.Source {

    private static final int EVENTS_AT_ONCE = 256;
    private static final int ROWS_LOOKED_AT = 10_000;

    private static final String JOB = "select " + Rows.ANY
            + " from job j left join live l on l.id = j.id left join outcome o on o.id = j.id where j.id = $1";

    static final String EVENTS = "select e.job, e.seq, e.at, e.attempt, e.kind::text, e.body from event e"
            + " where e.job = $1 and e.seq > $2 order by e.seq limit " + EVENTS_AT_ONCE;

    static final String JOBS_AFTER = "select " + Rows.ANY
            + " from unnest($1::uuid[]) x(id) join job j on j.id = x.id and j.id = any($1)"
            + " left join live l on l.id = j.id and l.id = any($1) left join outcome o on o.id = j.id and o.id = any($1)";

    static final String EVENTS_AFTER = "select e.job, e.seq, e.at, e.attempt, e.kind::text, e.body"
            + " from unnest($1::uuid[], $2::bigint[]) x(id, after)"
            + " join event e on e.job = any($1) and e.job = x.id and e.seq > x.after order by e.seq";

    static final String LATEST = "select x.id, coalesce(l.seq, o.seq) from unnest($1::uuid[]) x(id)"
            + " left join live l on l.id = x.id and l.id = any($1) left join outcome o on o.id = x.id and o.id = any($1)"
            + " where l.id is not null or o.id is not null";

    static final String HOLDS = "select exists (select from idempotency k left join outcome o on o.id = k.job"
            + " where k.key = decode($1, 'hex') and (o.id is null or o.expires_at > millis()))";

    static final String RESULT = "select o.fence, o.result from outcome o where o.id = $1 and o.result is not null";

    static final String REQUEST = "select j.request from job j where j.id = $1";

    static final String PIECE = "select p.bytes from piece p where p.job = $1 and p.part = $2 and p.n = $3";

    /** The bound is one value in any case: of a choice between two conditions no index is used. */
    static final String LIST = """
            with look as materialized (
              select j.* from job j where j.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                 and j.id >= $2 order by j.id desc limit $3)
            select %s, (select count(*) from look), (select id from look order by id limit 1)
              from (select count(*) from look) c left join (
                look j left join lateral (select * from live where id = j.id offset 0) l on true
                       left join lateral (select * from outcome where id = j.id offset 0) o on true)
                on ($4::text is null or j.route = $4)
               and ($5::text is null or $5 = replace(coalesce(l.state, o.state)::text, 'd', 'q'))
             order by j.id desc limit $6""".formatted(Rows.ANY);

    private final Database database;
    private final Requests requests;

    Reads(Database database, Requests requests) {
        this.database = database;
        this.requests = requests;
    }

    Mono<Boolean> holds(IdempotencyKey key) {
        return database.rows(HOLDS, statement -> statement.bind("$1", key.hash()), row -> Rows.flag(row, 0))
                .next()
                .onErrorMap(Reads::unavailable);
    }

    Mono<StoredRequest> request(JobId id) {
        byte[] known = requests.take(id);
        Mono<byte[]> packed = known != null
                ? Mono.just(known)
                : database.rows(REQUEST, statement -> statement.bind("$1", Rows.uuid(id)), row -> Rows.bytes(row, 0))
                        .next();
        return packed.map(bytes -> {
                    Codec.Stored<JobRequest> stored = Codec.request(bytes);
                    Body body = stored.body();
                    return new StoredRequest(stored.head(), body.size(), body(id, 0, body, 0));
                })
                .onErrorMap(Reads::unavailable);
    }

    Mono<StoredResult> result(JobId id) {
        return database.rows(
                        RESULT,
                        statement -> statement.bind("$1", Rows.uuid(id)),
                        row -> Map.entry(Rows.number(row, 0), Rows.bytes(row, 1)))
                .next()
                .map(found -> {
                    Codec.Stored<JobResult> stored = Codec.result(found.getValue());
                    Body body = stored.body();
                    return new StoredResult(stored.head(), body.size(), from -> body(id, found.getKey(), body, from));
                })
                .onErrorMap(Reads::unavailable);
    }

    /** A body from a byte on, one piece at a time as it is asked for. */
    private Flux<byte[]> body(JobId id, long part, Body body, long from) {
        if (body.pieces() == 0) {
            return body.size() == 0 ? Flux.empty() : Bytes.skip(Flux.just(body.inline()), from);
        }
        int first = (int) (from / Intake.PIECE);
        Flux<byte[]> pieces = Flux.range(first, body.pieces() - first)
                .concatMap(n -> piece(id, part, n), 0)
                .onErrorMap(Reads::unavailable);
        return Bytes.skip(pieces, from % Intake.PIECE);
    }

    private Mono<byte[]> piece(JobId id, long part, int n) {
        return database.patiently(database.rows(
                                PIECE,
                                statement -> statement
                                        .bind("$1", Rows.uuid(id))
                                        .bind("$2", part)
                                        .bind("$3", n),
                                row -> Rows.bytes(row, 0))
                        .next())
                .switchIfEmpty(Mono.error(JobErasedException::new));
    }

    Flux<JobEvent> history(JobId id, long after) {
        return database.rows(JOB, statement -> statement.bind("$1", Rows.uuid(id)), Rows::job)
                .next()
                .flatMapMany(job -> {
                    Flux<JobEvent> first = after < 1 ? Flux.just(job.accepted()) : Flux.empty();
                    Flux<JobEvent> last = job.state().finished() && after < job.lastSeq()
                            ? Flux.just(new JobEvent.Finished(job))
                            : Flux.empty();
                    return Flux.concat(first, between(job, Math.max(1, after)), last);
                })
                .onErrorMap(Reads::unavailable);
    }

    /** Page after page, each read when the one before was taken. */
    private Flux<JobEvent> between(Job job, long after) {
        return Flux.defer(() -> database.rows(
                                EVENTS,
                                statement -> statement
                                        .bind("$1", Rows.uuid(job.id()))
                                        .bind("$2", after),
                                row -> event(row, job.route()))
                        .collectList())
                .concatMap(
                        page -> {
                            Flux<JobEvent> events = Flux.fromIterable(page);
                            return page.size() < EVENTS_AT_ONCE
                                    ? events
                                    : events.concatWith(between(
                                            job, page.get(page.size() - 1).seq()));
                        },
                        0);
    }

    private static JobEvent event(Row row, String route) {
        byte[] body = row.get(5, byte[].class);
        return Codec.event(
                Rows.id(row, 0),
                route,
                Rows.number(row, 1),
                Instant.ofEpochMilli(Rows.number(row, 2)),
                (int) Rows.number(row, 3),
                Rows.text(row, 4),
                body == null ? new byte[0] : body);
    }

    /** The jobs are read first: of a job that is finished by then all events are there. */
    @Override
    public Mono<Feed.Fetched> after(Map<JobId, Long> numbers) {
        List<JobId> ids = List.copyOf(numbers.keySet());
        UUID[] uuids = Rows.uuids(ids);
        Long[] after = ids.stream()
                .map(id -> Math.max(1, numbers.getOrDefault(id, 0L)))
                .toArray(Long[]::new);
        return database.rows(JOBS_AFTER, statement -> statement.bind("$1", uuids), Rows::job)
                .collectMap(Job::id)
                .flatMap(jobs -> database.rows(
                                EVENTS_AFTER,
                                statement -> statement.bind("$1", uuids).bind("$2", after),
                                row -> {
                                    Job job = jobs.get(Rows.id(row, 0));
                                    return java.util.Optional.ofNullable(job == null ? null : event(row, job.route()));
                                })
                        .filter(java.util.Optional::isPresent)
                        .map(java.util.Optional::get)
                        .collectList()
                        .map(between -> complete(jobs, between, numbers)));
    }

    private static Feed.Fetched complete(Map<JobId, Job> jobs, List<JobEvent> between, Map<JobId, Long> numbers) {
        List<JobEvent> all = new ArrayList<>(between);
        jobs.forEach((id, job) -> {
            long after = numbers.getOrDefault(id, 0L);
            if (after < 1) {
                all.add(job.accepted());
            }
            if (job.state().finished() && after < job.lastSeq()) {
                all.add(new JobEvent.Finished(job));
            }
        });
        all.sort(Comparator.comparingLong(JobEvent::seq));
        Set<JobId> gone = new HashSet<>(numbers.keySet());
        gone.removeAll(jobs.keySet());
        return new Feed.Fetched(all, gone);
    }

    @Override
    public Mono<Map<JobId, Long>> latest(List<JobId> ids) {
        UUID[] uuids = Rows.uuids(ids);
        return database.rows(
                        LATEST,
                        statement -> statement.bind("$1", uuids),
                        row -> Map.entry(Rows.id(row, 0), Rows.number(row, 1)))
                .collectMap(Map.Entry::getKey, Map.Entry::getValue);
    }

    private record Listed(
            @Nullable Job job, long looked, @Nullable JobId last) {}

    Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        if (limit < 1) {
            return Mono.error(new IllegalArgumentException("a page has at least one job, not " + limit));
        }
        JobId end = filter.end(before);
        boolean any = filter.route() == null && filter.state() == null;
        int rows = any ? (int) Math.min(ROWS_LOOKED_AT, limit + 1L) : ROWS_LOOKED_AT;
        return database.rows(
                        LIST,
                        statement -> {
                            (end == null ? statement.bindNull("$1", UUID.class) : statement.bind("$1", Rows.uuid(end)))
                                    .bind("$2", Rows.uuid(filter.lowest()))
                                    .bind("$3", rows)
                                    .bind("$6", (int) Math.min(ROWS_LOOKED_AT, limit + 1L));
                            if (filter.route() == null) {
                                statement.bindNull("$4", String.class);
                            } else {
                                statement.bind("$4", filter.route());
                            }
                            return filter.state() == null
                                    ? statement.bindNull("$5", String.class)
                                    : statement.bind("$5", Finds.letter(filter.state()));
                        },
                        row -> new Listed(
                                row.get(0) == null ? null : Rows.job(row),
                                Rows.number(row, Rows.WIDTH),
                                row.get(Rows.WIDTH + 1) == null ? null : Rows.id(row, Rows.WIDTH + 1)))
                .collectList()
                .map(listed -> page(listed, limit, rows))
                .onErrorMap(Reads::unavailable);
    }

    private static JobPage page(List<Listed> listed, int limit, int rows) {
        List<Job> jobs = new ArrayList<>();
        for (Listed one : listed) {
            if (one.job() != null) {
                jobs.add(one.job());
            }
        }
        if (jobs.size() > limit) {
            List<Job> page = jobs.subList(0, limit);
            return new JobPage(page, page.get(limit - 1).id());
        }
        boolean more = !listed.isEmpty() && listed.get(0).looked() == rows;
        return new JobPage(jobs, more ? listed.get(0).last() : null);
    }

    static Throwable unavailable(Throwable error) {
        boolean ours = error instanceof JournalUnavailableException || error instanceof JobErasedException;
        return ours || Faults.kind(error) == Faults.Kind.MISTAKE
                ? error
                : new JournalUnavailableException(Faults.words(error), error);
    }
}
