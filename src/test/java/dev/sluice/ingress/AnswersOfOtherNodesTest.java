package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.postgres.PostgresServer;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client may wait, and read an output, on any node, whichever calls the backend. */
@Timeout(120)
class AnswersOfOtherNodesTest {

    private static String chunk(Wire wire) throws IOException {
        return new String(wire.readChunk(), UTF_8);
    }

    @Test
    void streamsAreLiveOnTheNodeThatDoesNotCallTheBackend() throws Exception {
        PostgresServer.Database database = PostgresServer.shared().newDatabase();
        StreamingBackend backend = new StreamingBackend();
        String[] settings = Stream.of(
                        database.settings().stream()
                                .map(setting -> setting.substring("--".length()))
                                .toList(),
                        List.of(
                                "sluice.routes.chat.path=/chat/{what}",
                                "sluice.routes.chat.mode=negotiate",
                                "sluice.routes.chat.attempts=1",
                                "sluice.routes.chat.backend=" + backend.uri()))
                .flatMap(List::stream)
                .toArray(String[]::new);
        try (backend;
                Listeners idle = new Listeners(settings);
                Listeners working = Listeners.dispatching(settings)) {
            String job = wholeAnswer(idle, working, backend);
            assertThat(Wire.call(idle.port(), "GET " + job + "/result HTTP/1.1\nHost: g")
                            .text())
                    .isEqualTo("data: 0\n\ndata: 1\n\ndata: 2\n\n");
            brokenAnswer(idle, backend);
        } finally {
            PostgresServer.shared().drop(database);
        }
    }

    private static String wholeAnswer(Listeners idle, Listeners working, StreamingBackend backend) throws IOException {
        try (Wire client = new Wire(idle.port());
                Wire reader = new Wire(working.port())) {
            client.send("POST /chat/1 HTTP/1.1\nHost: g\nContent-Length: 0\n\n");
            StreamingBackend.Call call = backend.call("/chat/1", 1).begin(200, "text/event-stream");
            String job = client.readHead().job();
            reader.send("GET " + job + "/output HTTP/1.1\nHost: g\n\n");
            reader.readHead();
            for (int i = 0; i < 3; i++) {
                call.say("data: " + i + "\n\n");
                assertThat(chunk(client)).isEqualTo("data: " + i + "\n\n");
                assertThat(chunk(reader)).isEqualTo("data: " + i + "\nid: 1-" + 9 * (i + 1) + "\n\n");
            }
            call.end();
            assertThat(client.readChunk()).isEmpty();
            assertThat(reader.readChunk()).isEmpty();
            return job;
        }
    }

    private static void brokenAnswer(Listeners idle, StreamingBackend backend) throws IOException {
        try (Wire client = new Wire(idle.port())) {
            client.send("POST /chat/2 HTTP/1.1\nHost: g\nContent-Length: 0\n\n");
            backend.call("/chat/2", 1).begin(200, "text/event-stream").say("data: 1\n\n");
            client.readHead();
            assertThat(chunk(client)).isEqualTo("data: 1\n\n");
            backend.call("/chat/2", 1).cut();
            assertThatThrownBy(client::readChunk).isInstanceOfAny(EOFException.class, SocketException.class);
        }
    }
}
