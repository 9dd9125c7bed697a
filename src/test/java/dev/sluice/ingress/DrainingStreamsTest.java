package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.JobId;
import dev.sluice.queue.QueueRig;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of answers on their way when the gateway is about to stop. */
@Timeout(60)
class DrainingStreamsTest {

    private static String chunk(Wire wire) throws IOException {
        return new String(wire.readChunk(), UTF_8);
    }

    @Test
    void whoCanComeBackIsSentAwayAndWhoCannotIsServedToTheEnd() throws IOException {
        try (StreamingBackend backend = new StreamingBackend();
                Listeners gateway = Listeners.dispatching(
                        "sluice.dispatch.shutdown-grace=0s", // one call has no end
                        "sluice.routes.chat.path=/chat/{what}",
                        "sluice.routes.chat.mode=negotiate",
                        "sluice.routes.chat.backend=" + backend.uri());
                Wire client = new Wire(gateway.port());
                Wire waiting = new Wire(gateway.port())) {
            client.send("POST /chat/1 HTTP/1.1\nHost: g\nContent-Length: 0\n\n");
            backend.call("/chat/1", 1).begin(200, "text/event-stream").say("data: 1\n\n");
            String output = client.readHead().job() + "/output";
            assertThat(chunk(client)).isEqualTo("data: 1\n\n");
            waiting.send("POST /chat/2 HTTP/1.1\nHost: g\nContent-Length: 0\nPrefer: respond-async\n\n");
            String unbegun = waiting.read().field("Location") + "/output";
            waiting.send("GET " + unbegun + " HTTP/1.1\nHost: g\n\n");
            try (Wire reader = new Wire(gateway.port());
                    Wire poll = new Wire(gateway.port())) {
                reader.send("GET " + output + " HTTP/1.1\nHost: g\n\n");
                reader.readHead();
                assertThat(chunk(reader)).isEqualTo("data: 1\nid: 1-9\n\n");
                poll.send("GET " + output + "?offset=now&live=long-poll HTTP/1.1\nHost: g\n\n");
                QueueRig.until(() -> gateway.count("sluice.reads", "kind", "long-poll") == 1
                        && gateway.count("sluice.reads", "kind", "stream") == 3);

                gateway.draining().stop();
                assertThatThrownBy(reader::readChunk).isInstanceOfAny(EOFException.class, SocketException.class);
                Wire.Reply polled = poll.read();
                assertThat(polled.status())
                        .as("interrupted, or refused if it had only its place yet")
                        .isIn(204, 503);
                if (polled.status() == 204) {
                    assertThat(polled.field("Stream-Next-Offset")).isEqualTo("1_0000000000000009");
                    assertThat(polled.field("Stream-Closed")).isNull();
                }
            }
            for (String live : new String[] {"long-poll", "sse"}) {
                Wire.Reply again = Wire.call(
                        gateway.port(),
                        "GET " + output + "?offset=1_0000000000000009&live=" + live + " HTTP/1.1\nHost: g");
                assertThat(again.problem()).as(live).isEqualTo("draining");
                assertThat(again.field("Retry-After")).isEqualTo("5");
                assertThat(again.field("Connection")).isEqualTo("close");
            }
            Wire.Reply refused = waiting.read();
            assertThat(refused.problem()).isEqualTo("draining");
            assertThat(refused.field("Retry-After")).isEqualTo("5");

            backend.call("/chat/1", 1).say("data: 2\n\n").end();
            assertThat(chunk(client)).isEqualTo("data: 2\n\n");
            assertThat(client.readChunk()).isEmpty();
            assertThat(Wire.call(gateway.port(), "GET " + output + " HTTP/1.1\nHost: g")
                            .text())
                    .as("a finished answer is served")
                    .isEqualTo("data: 1\nid: 1-9\n\ndata: 2\nid: 1-18\n\n");
            assertThat(Wire.call(gateway.port(), "GET " + output + "?offset=-1&live=sse HTTP/1.1\nHost: g")
                            .text())
                    .contains("\"streamClosed\":true");
        }
    }

    @Test
    void allParkedReadersAreToldAndKeepTheGatewayFromStoppingForNoTime() throws IOException {
        int readers = 1_000;
        List<Wire> wires = new ArrayList<>();
        try (Listeners gateway =
                new Listeners("sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1")) {
            JobId id = gateway.accept("/work");
            for (int i = 0; i < readers; i++) {
                wires.add(new Wire(gateway.port()).send("GET /jobs/" + id + "/events HTTP/1.1\nHost: g\n\n"));
            }
            gateway.awaitParked(readers);
            long began = System.nanoTime();
            gateway.close();
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .as("nobody waits for the grace of 20 s")
                    .isLessThan(Duration.ofSeconds(10));
        }
        for (Wire wire : wires) {
            assertThat(wire.read().text()).contains("event: accepted").contains("retry: ");
            assertThat(wire.isClosed()).isTrue();
            wire.close();
        }
    }
}
