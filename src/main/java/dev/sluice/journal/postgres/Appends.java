package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import io.r2dbc.spi.Row;
import java.util.ArrayList;
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

    /** As often an append is made again because the holder of its key went meanwhile; only one without its body comes so far. */
    private static final int ROUNDS = 5;

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

        final NewJob wanted;
        final byte[] detail;
        final byte[] request;
        final @Nullable String key;
        final byte @Nullable [] print;
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
            this.request = Codec.request(Credentials.together(wanted.request(), wanted.credentials()), body);
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

        boolean isPieced() {
            return body.pieces() > 0;
        }

        Turn turn() {
            return new Turn(wanted.route(), wanted.urgency());
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

    /** What decides when it is a job's turn, among those that are accepted at the same moment. */
    record Turn(String route, int urgency) {}

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
                                conditional ? AppendSql.CONDITIONAL : AppendSql.PLAIN,
                                statement -> AppendSql.bind(statement, group, backlog),
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
        Map<Turn, Long> ahead = new HashMap<>();
        Map<String, List<Made>> due = new HashMap<>();
        for (Append append : group) {
            Made one = byId.get(append.wanted.id());
            if (one != null && one.due()) {
                due.computeIfAbsent(append.wanted.route(), route -> new ArrayList<>())
                        .add(one);
                if (one.ahead() != null) {
                    ahead.putIfAbsent(append.turn(), one.ahead());
                }
            }
        }
        for (Append append : List.copyOf(group)) {
            Made one = byId.get(append.wanted.id());
            if (one != null) {
                group.remove(append);
                Job job = append.wanted.accepted(one.order());
                backlog.accepted(job, one.due());
                feed.recorded(job.accepted());
                long position = one.due()
                        ? position(one, job, ahead.get(append.turn()), due.getOrDefault(job.route(), List.of()))
                        : 0;
                append.sink.success(new Appended.Created(job, position));
            }
        }
    }

    private long position(Made one, Job job, @Nullable Long ahead, List<Made> together) {
        if (ahead == null) {
            return Math.max(1, backlog.before(job)); // itself is among them by now
        } else if (ahead >= AppendSql.COUNTED) {
            return Math.max(AppendSql.COUNTED + 1L, backlog.before(job));
        }
        return ahead + 1 + (together.size() == 1 ? 0 : before(one, together));
    }

    private static long before(Made one, List<Made> together) {
        return together.stream()
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
                        AppendSql.MADE,
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
                            backlog.heads().waits(job.route(), Heads.rank(job));
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
        return database.rows(AppendSql.HOLDERS, statement -> statement.bind("$1", keys), Appends::holder)
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
                                AppendSql.RELEASE,
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
