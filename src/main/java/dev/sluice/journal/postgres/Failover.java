package dev.sluice.journal.postgres;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Opens connections to the first of several addresses that answers, beginning with the one that did last. The driver can
 * do that too, but goes on waiting for a server that takes the connection and then says nothing, as one does that stands
 * still or whose network swallows everything. For any thread.
 */
final class Failover implements ConnectionFactory {

    private final List<Connector> addresses;
    private final Duration patience;
    private volatile int last;

    /**
     * Makes one.
     *
     * @param addresses one or more
     * @param time for all of them together
     */
    Failover(List<Connector> addresses, Duration time) {
        this.addresses = addresses;
        this.patience = time.dividedBy(addresses.size());
    }

    @Override
    public Mono<Connection> create() {
        List<Mono<Connection>> each = addresses.stream().map(Connector::create).toList();
        return Mono.defer(() -> open(each, last, each.size() - 1));
    }

    private Mono<Connection> open(List<Mono<Connection>> each, int at, int others) {
        Mono<Connection> one = each.get(at).doOnNext(opened -> last = at);
        return others == 0
                ? one
                : one.timeout(patience)
                        .onErrorResume(error -> open(each, (at + 1) % each.size(), others - 1)
                                .doOnError(next -> next.addSuppressed(error)));
    }

    /** Completes when no connection is being opened. */
    Mono<Void> quiet() {
        return Mono.when(addresses.stream().map(Connector::quiet).toList());
    }

    @Override
    public ConnectionFactoryMetadata getMetadata() {
        return addresses.get(0).getMetadata();
    }
}
