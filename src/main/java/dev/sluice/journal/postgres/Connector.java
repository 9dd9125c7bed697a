package dev.sluice.journal.postgres;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.R2dbcTransientResourceException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Opens connections, and knows of those that are not open yet. The driver goes on opening one that nobody waits for any
 * more, and a server that does not answer keeps it for a minute and longer: so there are never too many of these, and they
 * are waited for at the end. For any thread.
 */
final class Connector implements ConnectionFactory {

    private static final int MANY = 64;

    private final ConnectionFactory driver;
    private final long pauseNanos;
    private final Set<Sinks.Empty<Void>> underWay = ConcurrentHashMap.newKeySet();
    private volatile long lastBegin = System.nanoTime();

    /**
     * Makes one.
     *
     * @param pause between two of them while many are under way
     */
    Connector(ConnectionFactory driver, Duration pause) {
        this.driver = driver;
        this.pauseNanos = pause.toNanos();
    }

    @Override
    public Mono<Connection> create() {
        Mono<Connection> one = Mono.from(driver.create()); // here: the first time it loads classes, which blocks
        return Mono.defer(() -> {
            long now = System.nanoTime();
            if (underWay.size() >= MANY && now - lastBegin < pauseNanos) {
                return Mono.error(
                        new R2dbcTransientResourceException("none of many that were tried has opened", "08001"));
            }
            lastBegin = now;
            return open(one);
        });
    }

    private Mono<Connection> open(Mono<Connection> one) {
        Sinks.Empty<Void> over = Sinks.empty();
        underWay.add(over);
        Mono<Connection> opening = one.doFinally(end -> {
                    underWay.remove(over);
                    over.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
                })
                .cache(); // goes on though nobody waits for it
        AtomicBoolean taken = new AtomicBoolean();
        return opening.doOnNext(connection -> taken.set(true)).doOnCancel(() -> {
            if (!taken.get()) {
                opening.flatMap(unwanted -> Mono.from(unwanted.close()))
                        .onErrorComplete()
                        .subscribe();
            }
        });
    }

    /** Completes when none is being opened. */
    Mono<Void> quiet() {
        return Mono.defer(
                () -> Mono.when(underWay.stream().map(Sinks.Empty::asMono).toList()));
    }

    @Override
    public ConnectionFactoryMetadata getMetadata() {
        return driver.getMetadata();
    }
}
