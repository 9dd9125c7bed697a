package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that reset their connection while they are answered leave nothing behind, and nothing to complain about. */
class VanishingTest extends FuzzRig {

    private static final int CLIENTS = 12;
    private static final int TIMES = 30;

    private final ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);

    @AfterAll
    void stopClients() {
        clients.shutdownNow();
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

        Callable<?> client = () -> {
            for (int i = 0; i < TIMES; i++) {
                try (Talk talk = new Talk(listeners.port())) {
                    talk.say(request).vanish();
                }
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

        settle();
        watch.check();
        eraseAll();
    }
}
