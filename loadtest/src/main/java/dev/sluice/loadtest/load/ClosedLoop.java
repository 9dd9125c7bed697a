package dev.sluice.loadtest.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Sends as fast as it is answered: each of its connections has one request under way. One thread, that of the caller, one
 * selector and no framework, because it shares the cores with what it measures. HTTP/1.1 without TLS.
 *
 * <p>A closed loop sends less while the server is slow, so its latencies leave out what an arriving client would have waited
 * (coordinated omission). They say what these connections saw; for the latency at a rate use {@link OpenLoop}.
 */
public final class ClosedLoop {

    private static final Duration LONGEST_ANSWER = Duration.ofMinutes(2);

    private final List<InetSocketAddress> addresses;
    private final int connections;
    private final Deque<Long> again = new ArrayDeque<>();
    private long items;
    private long next;
    private long done;
    private long endsAt;

    /** Connections that are spread evenly over servers; only host and port of their URLs count. */
    public ClosedLoop(List<URI> bases, int connections) {
        this.addresses = bases.stream()
                .map(base -> new InetSocketAddress(base.getHost(), base.getPort() < 0 ? 80 : base.getPort()))
                .toList();
        this.connections = connections;
    }

    /**
     * Asks for so many items, each until it is done.
     *
     * @throws IOException if a connection breaks and the exchange does not take that, or if it takes longer than the limit
     */
    public void run(Exchange exchange, long count, Duration limit) throws IOException {
        items = count;
        endsAt = 0;
        loop(exchange, System.nanoTime() + limit.toNanos());
        if (done < items) {
            throw new IOException(items - done + " requests are not answered after " + limit.toSeconds() + " s");
        }
    }

    /**
     * Asks for items during a time, and waits for those that are under way then.
     *
     * @return how many were done
     * @throws IOException as {@link #run}; the limit is two minutes for the last ones
     */
    public long runFor(Exchange exchange, Duration time) throws IOException {
        items = Long.MAX_VALUE;
        endsAt = System.nanoTime() + time.toNanos();
        loop(exchange, endsAt + LONGEST_ANSWER.toNanos());
        return done;
    }

    private boolean ending() {
        return endsAt != 0 && System.nanoTime() - endsAt >= 0;
    }

    private void loop(Exchange exchange, long deadline) throws IOException {
        next = 0;
        done = 0;
        again.clear();
        try (Selector selector = Selector.open()) {
            List<Connection> all = new ArrayList<>();
            try {
                for (int i = 0; i < Math.min(connections, items); i++) {
                    all.add(new Connection(addresses.get(i % addresses.size()), selector));
                }
                for (Connection connection : all) {
                    proceed(connection, exchange);
                }
                while (done < items && System.nanoTime() - deadline < 0 && !over(all)) {
                    selector.select(20);
                    for (var key : selector.selectedKeys()) {
                        exchange((Connection) key.attachment(), exchange);
                    }
                    selector.selectedKeys().clear();
                    for (Connection connection : all) {
                        resume(connection, exchange);
                    }
                }
            } finally {
                for (Connection connection : all) {
                    connection.close();
                }
            }
        }
    }

    private boolean over(List<Connection> all) {
        return ending() && all.stream().allMatch(connection -> connection.item < 0);
    }

    private void exchange(Connection connection, Exchange exchange) throws IOException {
        try {
            connection.flush();
            Answer answer = connection.read();
            if (answer != null) {
                long nanos = System.nanoTime() - connection.sentAt;
                take(connection, exchange, exchange.answered(connection.item, answer, nanos));
            }
        } catch (IOException e) {
            broken(connection, exchange, e);
        }
    }

    private void take(Connection connection, Exchange exchange, int pause) throws IOException {
        if (pause < 0) {
            done++;
            connection.item = -1;
            proceed(connection, exchange);
        } else {
            again.add(connection.item);
            connection.item = -1;
            connection.resumeAt = System.nanoTime() + Duration.ofSeconds(pause).toNanos();
        }
    }

    private void broken(Connection connection, Exchange exchange, IOException cause) throws IOException {
        connection.close();
        int pause = connection.item < 0 ? 1 : exchange.broken(connection.item, cause);
        if (connection.item >= 0 && pause >= 0) {
            again.add(connection.item);
        } else if (connection.item >= 0) {
            done++;
        }
        connection.item = -1;
        connection.resumeAt =
                System.nanoTime() + Duration.ofSeconds(Math.max(0, pause)).toNanos();
    }

    /** One that pauses goes on when its time has come; an idle one helps with what is to be repeated. */
    private void resume(Connection connection, Exchange exchange) throws IOException {
        if (connection.item < 0 && System.nanoTime() - connection.resumeAt >= 0) {
            proceed(connection, exchange);
        }
    }

    private void proceed(Connection connection, Exchange exchange) throws IOException {
        if (ending()) {
            return;
        }
        if (next < items) {
            connection.item = next++;
        } else if (!again.isEmpty()) {
            connection.item = again.remove();
        } else {
            return;
        }
        try {
            if (!connection.open()) {
                connection.reopen();
            }
            connection.send(exchange.request(connection.item));
        } catch (IOException e) {
            broken(connection, exchange, e);
        }
    }
}
