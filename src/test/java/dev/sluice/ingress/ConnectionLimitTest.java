package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.connection.ConnectionLimit;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import reactor.core.scheduler.Schedulers;

/** Strangers who open any number of connections and streams. Each test ends with every place given back. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectionLimitTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int MOST = 40;
    private static final int REFUSED_STREAM = 7;
    private static final int CANCEL = 8;

    private final ConnectionLimit limit = new ConnectionLimit(MOST, System::nanoTime, Schedulers.parallel());
    private final Listeners listeners = new Listeners(
            bean -> bean instanceof ConnectionLimit ? limit : bean,
            "server.http2.enabled=true",
            "sluice.ingress.max-wait=10m",
            "sluice.routes.work.path=/work",
            "sluice.routes.work.backend=http://localhost:1");
    private final List<Wire> strangers = new ArrayList<>();
    private String job = "";

    @BeforeEach
    void makeJob() throws IOException {
        job = "/jobs/" + listeners.accept("/work");
        awaitCount(0);
    }

    @AfterEach
    void everyPlaceIsGivenBack() throws IOException {
        for (Wire stranger : strangers) {
            stranger.reset(); // who only closes may still wait for the answer, having no more to ask
        }
        strangers.clear();
        awaitCount(0);
    }

    @AfterAll
    void stop() {
        listeners.close();
    }

    private void awaitCount(int connectionsAndStreams) {
        Awaitility.await()
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(limit.count()).isEqualTo(connectionsAndStreams));
    }

    /** Null if it was reset before it was established, as the kernel may find out at any time. */
    private @Nullable Wire connect() throws IOException {
        try {
            Wire wire = new Wire(listeners.port());
            strangers.add(wire);
            return wire;
        } catch (SocketException e) {
            return null;
        }
    }

    /** As a client does that comes again when it was reset. */
    private void awaitServed() {
        Awaitility.await()
                .atMost(LIMIT)
                .ignoreExceptionsInstanceOf(IOException.class)
                .untilAsserted(() -> assertThat(Wire.call(listeners.port(), "GET " + job + " HTTP/1.1\nHost: g")
                                .status())
                        .isEqualTo(200));
    }

    private Frames longPolls(int streams) throws IOException {
        Frames client = new Frames(Transport.CLEARTEXT_HTTP2, listeners.port());
        for (int i = 0; i < streams; i++) {
            client.head(2 * i + 1, true, "GET " + job, "prefer", "wait=600");
        }
        return client;
    }

    @Test
    void thoseThatAskForNothingMakeRoomForOthersAndWhoeverIsServedGoesOn() throws Exception {
        Wire answered = connect();
        answered.send("GET " + job + " HTTP/1.1\r\nHost: g\r\n\r\n");
        assertThat(answered.read().status()).isEqualTo(200);
        Wire waiting = connect();
        waiting.send("GET " + job + " HTTP/1.1\r\nHost: g\r\nPrefer: wait=600\r\n\r\n");
        listeners.awaitWaiting(1);
        for (int i = 0; i < 5 * MOST; i++) {
            connect();
            assertThat(limit.count()).isLessThanOrEqualTo(MOST);
        }
        Awaitility.await().atMost(LIMIT).until(() -> limit.count() <= MOST - MOST / 8);
        assertThat(answered.isClosed()).isTrue();
        awaitServed();
        assertThat(listeners.count("sluice.events.waiting")).isEqualTo(1);
    }

    @Test
    void whenAllAreServedNewcomersAreRefused() throws Exception {
        int refused = limit.refused();
        try (Frames client = longPolls(MOST)) {
            listeners.awaitWaiting(MOST - 1);
            assertThat(client.read(2 * MOST - 1).reset()).isEqualTo(REFUSED_STREAM);
            Wire newcomer = connect();
            assertThat(newcomer == null || newcomer.isClosed()).isTrue();
            Awaitility.await().atMost(LIMIT).until(() -> limit.refused() == refused + 2);
            client.reset(1, CANCEL);
            awaitCount(MOST - 1);
            awaitServed();
            assertThat(listeners.count("sluice.events.waiting")).isEqualTo(MOST - 2);
        }
    }

    @Test
    void streamsGiveTheirPlacesBackHoweverTheyEnd() throws Exception {
        try (Frames client = longPolls(3)) {
            awaitCount(4);
            client.reset(1, CANCEL);
            awaitCount(3);
            client.head(7, true, "GET " + job);
            assertThat(client.read(7).ended()).isTrue();
            awaitCount(3);
            client.head(9, false, "POST /work", "content-length", "5");
            awaitCount(4);
            client.data(9, true, "too much");
            awaitCount(3);
            client.frame(Frames.GOAWAY, 0, 0, new byte[8]).end();
        }
        awaitCount(0);
        try (Frames client = longPolls(3)) {
            awaitCount(4);
            client.vanish();
        }
        awaitCount(0);
        try (Frames client = longPolls(3)) {
            awaitCount(4);
            client.frame(Frames.PING, 0, 1, new byte[8]);
            assertThat(client.readToEnd()).isNotNull();
        }
        awaitCount(0);
    }
}
