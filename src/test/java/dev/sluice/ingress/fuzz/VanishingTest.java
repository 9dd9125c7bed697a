package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Frames;
import dev.sluice.ingress.Transport;
import dev.sluice.ingress.Wire.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that end or reset their connection in the middle leave nothing behind, and nothing to complain about. */
class VanishingTest extends FuzzRig {

    private static final String BODY = "0123456789";
    private static final int CLIENTS = 12;

    private final ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);

    @AfterAll
    void stopClients() {
        clients.shutdownNow();
    }

    /**
     * After each byte of a request: a job is made of a whole one or not at all. Over TLS, where each costs two handshakes, the
     * head is cut after every fourth byte and where it ends.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /async/cut HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\nIdempotency-Key: \"k\"\r\n\r\n" + BODY,
                "POST /negotiate/cut HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n",
                "PUT /sync/cut HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\n\r\n" + BODY,
                "GET /jobs/x/events HTTP/1.1\r\nHost: g\r\n\r\n"
            })
    void inTheMiddleOfARequest(String request) throws IOException {
        byte[] bytes = request.getBytes(ISO_8859_1);
        int bodyBegins = request.indexOf("\r\n\r\n") + 4;
        for (int length = 0; length < bytes.length; length++) {
            if (transport == Transport.TLS && length < bodyBegins - 4 && length % 4 != 0) {
                continue;
            }
            try (Talk ending = talk();
                    Talk vanishing = talk()) {
                byte[] sent = Arrays.copyOf(bytes, length);
                vanishing.say(sent);
                List<Reply> replies = Answers.of(ending.say(sent).end().listen("\0"), false);
                replies.forEach(Contract::check);
                if (length >= bodyBegins) {
                    assertThat(replies).as("after %d bytes", length).hasSize(1);
                    assertThat(replies.get(0).problem()).isEqualTo("bad-request");
                }
            }
        }
        settle();
        assertThat(jobs()).isEmpty();
        watch.check();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /sync/pieces",
                "GET /sync/x",
                "GET /negotiate/pieces",
                "GET /async/x",
                "GET <done>",
                "GET <done>/result",
                "GET <waiting>/events",
                "POST /nothing",
                "POST /typed/x"
            })
    void inTheMiddleOfAnAnswer(String line) throws Exception {
        String post = " HTTP/1.1\nHost: g\nContent-Length: 0";
        String done = call("POST /async/pieces" + post).field("Location");
        String waiting = call("POST /async/x" + post + "\nSluice-Delay: 1h").field("Location");
        settle();
        String body = line.startsWith("POST") ? "Content-Length: 100000\r\n\r\nthe rest never comes" : "\r\n";
        byte[] request = (line.replace("<done>", done).replace("<waiting>", waiting) + " HTTP/1.1\r\nHost: g\r\n"
                        + body)
                .getBytes(ISO_8859_1);

        everybody(() -> {
            try (Talk talk = talk()) {
                talk.say(request).vanish();
            }
        });
        if (transport != Transport.PLAIN) {
            String target = line.replace("<done>", done).replace("<waiting>", waiting);
            everybody(() -> vanishFromStreams(target));
        }

        settle();
        watch.check();
        eraseAll();
    }

    /** One stream is reset, then, in the middle of another, the connection. */
    private void vanishFromStreams(String line) throws IOException {
        try (Frames client = new Frames(transport, listeners.port())) {
            for (int stream = 1; stream < 4; stream += 2) {
                client.head(stream, line.startsWith("GET"), line);
                for (Frames.Frame frame = client.next(); frame.type() != Frames.HEADERS; frame = client.next()) {
                    // what a connection begins with
                }
                if (stream == 1) {
                    client.reset(stream, 8);
                }
            }
            client.vanish();
        }
    }

    /** Something that each client does again and again. */
    private interface Act {
        void run() throws IOException;
    }

    private void everybody(Act act) throws Exception {
        Callable<?> client = () -> {
            for (int i = transport == Transport.PLAIN ? 0 : 9; i < 12; i++) {
                act.run();
            }
            return null;
        };
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            running.add(clients.submit(client));
        }
        for (Future<?> each : running) {
            each.get();
        }
    }
}
