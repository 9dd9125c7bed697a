package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.scheduler.Schedulers;

/** Strangers who open any number of connections and streams. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectionLimitTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int MOST = 40;
    private static final int REFUSED_STREAM = 7;

    private final ConnectionLimit limit = new ConnectionLimit(MOST, System::nanoTime, Schedulers.parallel());
    private final Listeners listeners = new Listeners(
            bean -> bean instanceof ConnectionLimit ? limit : bean,
            "server.http2.enabled=true",
            "sluice.routes.work.path=/work",
            "sluice.routes.work.backend=http://localhost:1");
    private final List<Wire> strangers = new ArrayList<>();

    @AfterEach
    void stop() throws IOException {
        for (Wire stranger : strangers) {
            stranger.close();
        }
        listeners.close();
    }

    private Wire connect() throws IOException {
        Wire wire = new Wire(listeners.port());
        strangers.add(wire);
        return wire;
    }

    private String longPoll(String job) {
        return "GET " + job + " HTTP/1.1\r\nHost: g\r\nPrefer: wait=60\r\n\r\n";
    }

    @Test
    void thoseThatAskForNothingMakeRoomForOthersAndWhoeverIsServedGoesOn() throws Exception {
        Wire answered = connect();
        answered.send("POST /work HTTP/1.1\r\nHost: g\r\nContent-Length: 1\r\n\r\nx");
        String job = answered.read().job();
        Wire waiting = connect();
        waiting.send(longPoll(job));
        listeners.awaitWaiting(1);
        for (int i = 0; i < 5 * MOST; i++) {
            connect();
            assertThat(limit.count()).isLessThanOrEqualTo(MOST + 1);
        }
        Awaitility.await().atMost(LIMIT).until(() -> limit.count() <= MOST - MOST / 8);
        assertThat(answered.isClosed()).isTrue();
        assertThat(Wire.call(listeners.port(), "GET " + job + " HTTP/1.1\nHost: g")
                        .status())
                .isEqualTo(200);
        assertThat(listeners.count("sluice.events.waiting")).isEqualTo(1);
    }

    @Test
    void whenAllAreServedNewcomersAreRefused() throws Exception {
        Wire first = connect();
        first.send("POST /work HTTP/1.1\r\nHost: g\r\nContent-Length: 1\r\n\r\nx");
        String job = first.read().job();
        first.close();
        try (Frames client = new Frames(Transport.CLEARTEXT_HTTP2, listeners.port())) {
            for (int i = 0; i < MOST; i++) {
                client.head(2 * i + 1, true, "GET " + job, "prefer", "wait=60");
            }
            listeners.awaitWaiting(MOST - 1);
            assertThat(client.read(2 * MOST - 1).reset()).isEqualTo(REFUSED_STREAM);
            assertThat(connect().isClosed()).isTrue();
            assertThat(limit.refused()).isEqualTo(2);
            client.reset(1, 8);
            Awaitility.await().atMost(LIMIT).until(() -> limit.count() < MOST);
            assertThat(Wire.call(listeners.port(), "GET " + job + " HTTP/1.1\nHost: g")
                            .status())
                    .isEqualTo(200);
        }
    }
}
