package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Body;
import dev.sluice.journal.Fingerprint;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.NewJob;
import io.r2dbc.spi.Row;
import io.r2dbc.spi.Statement;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/** Accepts groups of jobs whose bodies have been received, all in one statement. */
final class Appends implements Grouper.Carrier<Appends.Append> {

    /** So many jobs ahead are counted for a new one; one that has more is told what this node knows of the queue. */
    static final int COUNTED = 100;

    /** As often an append is made again because the holder of its key went meanwhile; only one without its body comes so far. */
    private static final int ROUNDS = 5;

    private static final String DATA = """
            with data as materialized (select $1::bytea as b),
            x as materialized (
              select * from unnest($2::uuid[], $3::text[], $4::int[], $5::bigint[], $6::bool[], $7::bigint[], $8::bool[],
                                   $9::int[], $10::int[], $11::int[], $12::text[], $13::int[], $14::bool[])
                with ordinality as u(id, route, urgency, due, at_once, deadline, counted, start, details, requests,
                                     key, prints, pieced, n)),
            """;

    /**
     * Keys are taken in one order everywhere, or two nodes could wait for each other. Pieces of a body are there as long as
     * their row in {@code receiving} is: another node may have cleared them up while this one was not seen.
     */
    private static final String CONDITIONS = """
            r as (delete from receiving using x where x.pieced and receiving.job = x.id and receiving.part = 0
                and not exists (select from idempotency i where i.key = decode(x.key, 'hex'))
              returning receiving.job),
            w as (select x.* from x where not x.pieced or exists (select from r where r.job = x.id)),
            k as (insert into idempotency (key, job, fingerprint)
              select decode(w.key, 'hex'), w.id, substring(data.b from w.start + w.details + w.requests for w.prints)
                from w, data where w.key is not null order by w.key
              on conflict do nothing returning key, job),
            """;

    private static final String JOBS = """
            j as (insert into job (id, ord, route, key, detail, request)
              select s.id, nextval('acceptance'), s.route, decode(s.key, 'hex'),
                     substring(data.b from s.start for s.details),
                     substring(data.b from s.start + s.details for s.requests)
                from (select * from %2$s order by n) s, data
              on conflict do nothing returning id, ord),
            l as (insert into live (id, rank, ord, due_at, deadline, seq, fence, attempt, urgency, state, route)
              select x.id, millis() + x.urgency * 30000, j.ord, x.due, x.deadline, 1, 0, 0, x.urgency,
                     case when x.at_once or x.due <= millis() then 'q'::"char" else 'd'::"char" end, x.route
                from j join x using (id) returning id, rank, ord, state, route)
            select l.id, l.ord, l.rank, l.state::text, millis(),
                   case when x.counted and l.state = 'q' then
                     (select count(*) from (select from live a where a.route = l.route and a.state = 'q'
                        and (a.rank, a.ord) < (l.rank, l.ord) limit %1$d) c)
                     + (select count(*) from (select from live a where a.route = l.route and a.state = 'd'
                        and a.due_at <= millis() and (a.rank, a.ord) < (l.rank, l.ord) limit %1$d) c) end
              from l join x using (id)""";

    static final String PLAIN = Sql.compact(DATA + JOBS.formatted(COUNTED, "x"));
    static final String CONDITIONAL = Sql.compact(DATA
            + CONDITIONS
            + JOBS.formatted(COUNTED, "w where key is null or exists (select from k where k.job = w.id)"));

    private static final String HOLDERS =
            "select encode(k.key, 'hex'), k.fingerprint, o.expires_at <= millis(), k.job, "
                    + Rows.ANY
                    + " from idempotency k left join job j on j.id = k.job left join live l on l.id = k.job"
                    + " left join outcome o on o.id = k.job where k.key in (select decode(h, 'hex') from unnest($1::text[]) h)";

    private static final String RELEASE = "delete from idempotency where key = decode($1, 'hex') and job = $2";

    private static final String MADE = "select j.id, j.ord from job j where j.id = any($1)";

    private final Database database;
    private final Scheduler scheduler;
    private final LiveBacklog backlog;
    private final Feed feed;
    private final Positions positions;
    private final Withdrawals withdrawals;

    Appends(
            Database database,
            Scheduler scheduler,
            LiveBacklog backlog,
            Feed feed,
            Positions positions,
            Withdrawals withdrawals) {
        this.database = database;
        this.scheduler = scheduler;
        this.backlog = backlog;
        this.feed = feed;
        this.positions = positions;
        this.withdrawals = withdrawals;
    }

    /** One job that is to be accepted. */
    static final class Append implements Grouper.Member {

        private final NewJob wanted;
        private final byte[] detail;
        private final byte[] request;
        private final @Nullable String key;
        private final byte @Nullable [] print;
        private final Body body;
        private final Runnable discard;
        private final MonoSink<Appended> sink;
        private boolean unsure;
        private int rounds;

        /**
         * Encodes what it can on the caller's thread.
         *
         * @param discard removes the pieces of the body
         */
        Append(NewJob wanted, Body body, @Nullable Fingerprint fingerprint, Runnable discard, MonoSink<Appended> sink) {
            this.wanted = wanted;
            this.body = body;
            this.detail = Codec.detail(wanted);
            this.request = Codec.request(wanted.request(), body);
            this.key = wanted.key() == null ? null : wanted.key().hash();
            this.print = fingerprint == null ? null : fingerprint.bytes();
            this.discard = discard;
            this.sink = sink;
        }

        @Override
        public int weight() {
            return 512 + request.length;
        }

        @Override
        public boolean refusable() {
            return true;
        }

        @Override
        public void failed(Throwable error) {
            if (!unsure) {
                drop();
            }
            sink.error(error);
        }

        private boolean isPieced() {
            return body.pieces() > 0;
        }

        private void drop() {
            if (isPieced()) {
                discard.run();
            }
        }

        private void refused(Appended instead) {
            drop();
            sink.success(instead);
        }
    }

    /** What the database says of a job it has accepted. */
    private record Made(
            JobId id,
            long order,
            long rank,
            boolean due,
            @Nullable Long ahead) {}

    @Override
    public Mono<Void> carry(List<Append> group, boolean again) {
        boolean conditional = group.stream().anyMatch(append -> append.key != null || append.isPieced());
        return database.use(connection -> Database.rows(
                                connection,
                                conditional ? CONDITIONAL : PLAIN,
                                statement -> bind(statement, group),
                                Appends::made)
                        .collectList())
                .publishOn(scheduler)
                .doOnNext(made -> created(group, made))
                .flatMap(made -> group.isEmpty() ? Mono.empty() : rest(group, again));
    }

    @Override
    public void givenUp(List<Append> unsure) {
        unsure.forEach(append -> append.unsure = true);
        withdrawals.add(unsure.stream().map(append -> append.wanted.id()).toList());
    }

    private Statement bind(Statement statement, List<Append> group) {
        int many = group.size();
        Blobs blobs = new Blobs();
        UUID[] ids = new UUID[many];
        String[] routes = new String[many];
        Integer[] urgencies = new Integer[many];
        @Nullable Long[] due = new @Nullable Long[many];
        Boolean[] atOnce = new Boolean[many];
        @Nullable Long[] deadlines = new @Nullable Long[many];
        Boolean[] counted = new Boolean[many];
        Integer[] starts = new Integer[many];
        @Nullable Integer[] details = new @Nullable Integer[many];
        @Nullable Integer[] requests = new @Nullable Integer[many];
        @Nullable String[] keys = new @Nullable String[many];
        @Nullable Integer[] prints = new @Nullable Integer[many];
        Boolean[] pieced = new Boolean[many];
        for (int i = 0; i < many; i++) {
            Append append = group.get(i);
            NewJob job = append.wanted;
            ids[i] = Rows.uuid(job.id());
            routes[i] = job.route();
            urgencies[i] = job.urgency();
            due[i] = job.dueAt().toEpochMilli();
            atOnce[i] = !job.dueAt().isAfter(job.acceptedAt());
            deadlines[i] = Rows.millis(job.deadline());
            counted[i] = backlog.before(job.accepted(0)) < COUNTED;
            starts[i] = blobs.next();
            details[i] = blobs.add(append.detail);
            requests[i] = blobs.add(append.request);
            keys[i] = append.key;
            prints[i] = blobs.add(append.print);
            pieced[i] = append.isPieced();
        }
        return statement
                .bind("$1", blobs)
                .bind("$2", ids)
                .bind("$3", routes)
                .bind("$4", urgencies)
                .bind("$5", due)
                .bind("$6", atOnce)
                .bind("$7", deadlines)
                .bind("$8", counted)
                .bind("$9", starts)
                .bind("$10", details)
                .bind("$11", requests)
                .bind("$12", keys)
                .bind("$13", prints)
                .bind("$14", pieced);
    }

    private static Made made(Row row) {
        return new Made(
                Rows.id(row, 0),
                Rows.number(row, 1),
                Rows.number(row, 2),
                Rows.text(row, 3).equals("q"),
                row.get(5, Long.class));
    }

    /** Tells those that were accepted just now; a job's place among the others of the group is not in the count. */
    private void created(List<Append> group, List<Made> made) {
        Map<JobId, Made> byId = new HashMap<>();
        made.forEach(one -> byId.put(one.id(), one));
        for (Append append : List.copyOf(group)) {
            Made one = byId.get(append.wanted.id());
            if (one != null) {
                group.remove(append);
                Job job = append.wanted.accepted(one.order());
                backlog.accepted(job, one.due());
                feed.recorded(job.accepted());
                append.sink.success(new Appended.Created(job, position(one, job, made)));
            }
        }
    }

    private long position(Made one, Job job, List<Made> group) {
        if (!one.due()) {
            return 0;
        } else if (one.ahead() == null || one.ahead() >= COUNTED) {
            return Math.max(COUNTED + 1L, backlog.before(job)); // itself is among them by now
        }
        long before = group.size() == 1 ? 0 : aheadInGroup(one, group);
        return one.ahead() + before + 1;
    }

    private static long aheadInGroup(Made one, List<Made> group) {
        return group.stream()
                .filter(other -> other.due() && other.ahead() != null)
                .filter(other ->
                        other.rank() < one.rank() || (other.rank() == one.rank() && other.order() < one.order()))
                .count();
    }

    /** Those left were accepted by an earlier try, or their key is another job's. */
    private Mono<Void> rest(List<Append> group, boolean again) {
        Mono<Void> earlier = again ? settle(group) : Mono.empty();
        return earlier.then(Mono.defer(() -> held(group)));
    }

    private Mono<Void> settle(List<Append> group) {
        UUID[] ids = Rows.uuids(group.stream().map(append -> append.wanted.id()).toList());
        return database.rows(
                        MADE,
                        statement -> statement.bind("$1", ids),
                        row -> Map.entry(Rows.id(row, 0), Rows.number(row, 1)))
                .collectMap(Map.Entry::getKey, Map.Entry::getValue)
                .publishOn(scheduler)
                .doOnNext(orders -> {
                    for (Append append : List.copyOf(group)) {
                        Long order = orders.get(append.wanted.id());
                        if (order != null) {
                            group.remove(append);
                            Job job = append.wanted.accepted(order);
                            feed.recorded(job.accepted());
                            append.sink.success(new Appended.Created(job, Math.max(1, backlog.before(job))));
                        }
                    }
                })
                .then();
    }

    private record Holder(
            String key,
            byte[] print,
            boolean free,
            UUID id,
            @Nullable Job job) {}

    private Mono<Void> held(List<Append> group) {
        for (Append append : List.copyOf(group)) {
            if (append.key == null || ++append.rounds > ROUNDS) {
                group.remove(append);
                append.failed(new JournalUnavailableException(
                        "this node was not seen for so long that the body it took in was removed", null));
            }
        }
        if (group.isEmpty()) {
            return Mono.empty();
        }
        String[] keys = group.stream()
                .map(append -> Objects.requireNonNull(append.key, "not accepted, and without a key"))
                .distinct()
                .toArray(String[]::new);
        return database.rows(HOLDERS, statement -> statement.bind("$1", keys), Appends::holder)
                .collectMap(Holder::key)
                .publishOn(scheduler)
                .flatMap(holders -> decide(group, holders));
    }

    private static Holder holder(Row row) {
        boolean erased = row.get(4, UUID.class) == null;
        return new Holder(
                Rows.text(row, 0),
                Rows.bytes(row, 1),
                erased || Rows.flag(row, 2),
                Objects.requireNonNull(row.get(3, UUID.class)),
                erased ? null : Rows.job(row, 4));
    }

    /** A key whose job expired is free: its holder is removed and the append made again. */
    private Mono<Void> decide(List<Append> group, Map<String, Holder> holders) {
        Mono<Void> release = Mono.empty();
        Mono<Void> replays = Mono.empty();
        for (Append append : List.copyOf(group)) {
            Holder holder = holders.get(Objects.requireNonNull(append.key));
            if (holder == null) {
                continue; // freed meanwhile
            } else if (holder.free()) {
                release = release.then(database.update(
                                RELEASE,
                                statement -> statement.bind("$1", holder.key()).bind("$2", holder.id()))
                        .then());
                continue;
            }
            Job first = Objects.requireNonNull(holder.job());
            if (Arrays.equals(holder.print(), append.print)) {
                replays = replays.then(positions.of(first).publishOn(scheduler))
                        .doOnNext(position -> {
                            group.remove(append);
                            append.refused(new Appended.Replayed(first, position));
                        })
                        .then();
            } else {
                group.remove(append);
                append.refused(new Appended.KeyReused());
            }
        }
        return replays.then(release)
                .then(Mono.defer(() -> group.isEmpty() ? Mono.empty() : carry(group, false))
                        .publishOn(scheduler));
    }
}
