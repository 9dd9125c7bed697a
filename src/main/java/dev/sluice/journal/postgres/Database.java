package dev.sluice.journal.postgres;

import dev.sluice.journal.Health;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactoryProvider;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Statement;
import io.r2dbc.spi.ValidationDepth;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import reactor.util.retry.Retry;

/**
 * Connections to PostgreSQL, and whether they work. Whatever runs a statement ends in bounded time: the server gives up
 * after {@code timeout}, and this side a little later in case the server is not heard of any more.
 */
final class Database implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final Health UP = new Health(true, "PostgreSQL answers");
    private static final Duration SLACK = Duration.ofSeconds(1);
    private static final Duration MAX_IDLE = Duration.ofMinutes(5);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    /** After a write was refused, others are not tried for so long, whatever is read meanwhile. */
    private static final Duration WRITES_REST = Duration.ofSeconds(1);

    /** Who has a connection or waits for one. */
    private static final int MOST_CALLERS = 10_000;

    private final LoopResources loops = LoopResources.create("sluice-journal-io", 1, true);
    private final Failover servers;
    private final ConnectionPool pool;
    private final Duration timeout;
    private final JournalMeters meters;
    private final AtomicInteger callers = new AtomicInteger();
    private volatile State state = new State(UP, 0, false);
    private volatile @Nullable String unfit;

    /**
     * How it stands.
     *
     * @param until if it cannot be used: not to be believed that it can before {@link System#nanoTime} is this
     * @param readable whether it may be read from
     */
    private record State(Health health, long until, boolean readable) {}

    /** Opens no connection yet. */
    Database(JournalProperties.Postgres properties, JournalMeters meters) {
        this.timeout = properties.timeout();
        this.meters = meters;
        this.servers = new Failover(
                Addresses.of(properties).r2dbc().stream()
                        .map(address -> options(address, properties.schema()))
                        .map(options ->
                                new Connector(new PostgresqlConnectionFactoryProvider().create(options), timeout))
                        .toList(),
                timeout);
        this.pool = new ConnectionPool(ConnectionPoolConfiguration.builder(servers)
                .initialSize(0)
                .minIdle(0)
                .maxSize(properties.connections())
                .maxIdleTime(MAX_IDLE)
                .maxAcquireTime(timeout)
                .maxCreateConnectionTime(timeout) // or those that hang take the places of those that would not
                .customizer(builder -> builder.evictionPredicate(
                        (idle, about) -> about.idleTime() >= MAX_IDLE.toMillis() || isClosed(idle)))
                .acquireRetry(0)
                .build());
        meters.connections(pool);
    }

    private ConnectionFactoryOptions options(ConnectionFactoryOptions address, String schema) {
        return address.mutate()
                .option(PostgresqlConnectionFactoryProvider.APPLICATION_NAME, "sluice")
                .option(PostgresqlConnectionFactoryProvider.SCHEMA, schema)
                .option(PostgresqlConnectionFactoryProvider.LOOP_RESOURCES, loops)
                .option(PostgresqlConnectionFactoryProvider.TCP_KEEPALIVE, true)
                .option(PostgresqlConnectionFactoryProvider.FORCE_BINARY, true)
                .option(PostgresqlConnectionFactoryProvider.EXTENSIONS, List.of(new BinaryParameters()))
                .option(ConnectionFactoryOptions.CONNECT_TIMEOUT, timeout)
                .option(PostgresqlConnectionFactoryProvider.HOST_RECHECK_TIME, Duration.ZERO)
                .option(PostgresqlConnectionFactoryProvider.STATEMENT_TIMEOUT, timeout)
                .option(PostgresqlConnectionFactoryProvider.PREPARED_STATEMENT_CACHE_QUERIES, 64)
                .option(
                        PostgresqlConnectionFactoryProvider.OPTIONS,
                        Map.of(
                                "synchronous_commit", // a cluster that waits for its replicas keeps waiting for them
                                "on",
                                "idle_in_transaction_session_timeout",
                                Long.toString(timeout.toMillis()),
                                // A statement is planned once, which costs as much as running it; and as plans are made
                                // while tables are empty and used when they are not, what is cheap for few rows must
                                // not be taken. For the same reason statements that join a table with ids also say
                                // "id = any(those)": or the index would be read from end to end, as cheap for no rows.
                                "plan_cache_mode",
                                "force_generic_plan",
                                "enable_seqscan",
                                "off",
                                "enable_hashjoin",
                                "off",
                                "enable_mergejoin",
                                "off",
                                "jit",
                                "off"))
                .build();
    }

    /**
     * Runs some statements on a connection of the pool, each of them a transaction of its own.
     *
     * @param work errors of the driver are passed on as they are, see {@link Faults}
     */
    <T> Mono<T> use(Function<Connection, Mono<T>> work) {
        return Mono.defer(() -> {
            String whyNot = unfit;
            return whyNot == null ? probe(work) : Mono.error(new JournalUnavailableException(whyNot, null));
        });
    }

    /** As {@link #use}, whether or not the database is fit. */
    <T> Mono<T> probe(Function<Connection, Mono<T>> work) {
        return Mono.defer(() -> {
            if (callers.incrementAndGet() > MOST_CALLERS) {
                callers.decrementAndGet();
                return Mono.error(new JournalOverloadedException());
            }
            return onConnection(work).doFinally(end -> callers.decrementAndGet());
        });
    }

    private <T> Mono<T> onConnection(Function<Connection, Mono<T>> work) {
        return Mono.usingWhen(
                        pool.create().onErrorMap(error -> new JournalUnavailableException(Faults.words(error), error)),
                        connection -> work.apply(connection).timeout(timeout.plus(SLACK)),
                        connection -> Mono.from(connection.close()).onErrorComplete(), // what was done is done
                        this::closeAfter,
                        this::discard)
                .doOnSuccess(done -> works())
                .doOnError(this::mayNotWork);
    }

    /** As {@link #use}, in one transaction; an error of the work rolls back. */
    <T> Mono<T> transaction(Function<Connection, Mono<T>> work) {
        return use(connection -> Mono.usingWhen(
                Mono.from(connection.beginTransaction()).thenReturn(connection),
                work,
                Connection::commitTransaction,
                (begun, error) -> Faults.connectionIsLost(error)
                        ? Mono.empty()
                        : Mono.from(begun.rollbackTransaction()).onErrorComplete(),
                Connection::rollbackTransaction));
    }

    /** Runs one statement and maps its rows. */
    <T> Flux<T> rows(String sql, Function<Statement, Statement> binding, Function<io.r2dbc.spi.Row, T> mapping) {
        return use(connection -> rows(connection, sql, binding, mapping).collectList())
                .flatMapIterable(list -> list);
    }

    static <T> Flux<T> rows(
            Connection connection,
            String sql,
            Function<Statement, Statement> binding,
            Function<io.r2dbc.spi.Row, T> mapping) {
        return Flux.from(binding.apply(connection.createStatement(sql)).execute())
                .concatMap(result -> result.map((row, metadata) -> mapping.apply(row)));
    }

    /** Runs one statement; completes with how many rows it changed. */
    Mono<Long> update(String sql, Function<Statement, Statement> binding) {
        return use(connection -> update(connection, sql, binding));
    }

    static Mono<Long> update(Connection connection, String sql, Function<Statement, Statement> binding) {
        return Flux.from(binding.apply(connection.createStatement(sql)).execute())
                .concatMap(result -> result.getRowsUpdated())
                .reduce(0L, Long::sum);
    }

    /**
     * Does it again while the database is away, for {@code timeout} at most: for what may be done twice, and is in the middle
     * of something that cannot be begun again.
     */
    <T> Mono<T> patiently(Mono<T> work) {
        return Mono.defer(() -> {
            long begin = System.nanoTime();
            return work.retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_PAUSE)
                    .maxBackoff(LONGEST_PAUSE)
                    .filter(error -> Faults.kind(error) != Faults.Kind.MISTAKE
                            && System.nanoTime() - begin < timeout.toNanos()));
        });
    }

    /** A connection outside the pool, for whoever keeps one. */
    Mono<PostgresqlConnection> single() {
        return servers.create()
                .cast(PostgresqlConnection.class)
                .timeout(timeout)
                .onErrorMap(error -> new JournalUnavailableException(Faults.words(error), error));
    }

    Duration timeout() {
        return timeout;
    }

    Health health() {
        String whyNot = unfit;
        return whyNot == null ? state.health() : new Health(false, whyNot);
    }

    /** Whether reading is worth a try. */
    boolean isReadable() {
        return unfit == null && (state.health().up() || state.readable());
    }

    /** Says why the database must not be used although it answers; null if it may. */
    void fit(@Nullable String whyNot) {
        if (whyNot != null && unfit == null) {
            log.error("The journal cannot be used: {}", whyNot);
        } else if (whyNot == null && unfit != null) {
            log.warn("The journal can be used again");
        }
        unfit = whyNot;
    }

    private void works() {
        State before = state;
        if (!before.health().up() && System.nanoTime() - before.until() >= 0) {
            log.warn("The journal can be used again");
            state = new State(UP, 0, false);
        }
    }

    private void mayNotWork(Throwable error) {
        Faults.Kind kind = Faults.kind(error);
        if (kind == Faults.Kind.REFUSED || (kind == Faults.Kind.UNKNOWN && !Faults.isOfOneConnection(error))) {
            Throwable cause =
                    error instanceof JournalUnavailableException && error.getCause() != null ? error.getCause() : error;
            String words = Faults.words(cause);
            meters.failed();
            if (state.health().up()) {
                log.error("The journal cannot be used: {}; refusing until it can", words);
            }
            boolean readable = Faults.readsGoOn(cause);
            long now = System.nanoTime();
            state = new State(new Health(false, words), readable ? now + WRITES_REST.toNanos() : now, readable);
        }
    }

    private Mono<Void> closeAfter(Connection connection, Throwable error) {
        return Faults.connectionIsLost(error) ? discard(connection) : Mono.from(connection.close());
    }

    /** Ends the connection itself, not only its use: something may still be under way on it. */
    private Mono<Void> discard(Connection pooled) {
        Mono<Void> end = pooled instanceof Wrapped<?> wrapped && wrapped.unwrap() instanceof Connection connection
                ? Mono.from(connection.close()).timeout(SLACK).onErrorResume(error -> Mono.empty())
                : Mono.empty();
        return end.then(Mono.from(pooled.close())).onErrorResume(error -> {
            log.debug("A lost connection did not close in good order: {}", error.getMessage());
            return Mono.empty();
        });
    }

    /** Whether the other side, or a fault on the way, has ended it: it would be refused, and whoever was to have it. */
    private static boolean isClosed(Connection connection) {
        return Boolean.FALSE.equals(Mono.from(connection.validate(ValidationDepth.LOCAL))
                .onErrorReturn(false)
                .toFuture()
                .getNow(true));
    }

    /** Blocks. */
    @Override
    public void close() {
        Waiting.until(pool.disposeLater().onErrorComplete(), timeout);
        // Or they would stay open when their loop is gone.
        Waiting.until(servers.quiet().timeout(timeout).onErrorComplete(), timeout.plus(SLACK));
        Waiting.until(loops.disposeLater(Duration.ZERO, SLACK), timeout);
    }
}
