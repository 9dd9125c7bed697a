package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Promises 8 and 11: frames that cost their sender next to nothing, a million of each kind from somebody who never reads. Each
 * such connection is cut, and who is beside them is served.
 */
@ParameterizedClass
@EnumSource(
        value = Transport.class,
        names = {"CLEARTEXT_HTTP2", "TLS"})
@Timeout(value = 100, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FloodTest {

    private static final int MANY = 1_000_000;
    private static final int AT_ONCE = 1_000;
    private static final int PRIORITY = 2;
    private static final int WINDOW_UPDATE = 8;
    private static final int UNKNOWN = 0xb;
    private static final int PADDED = 8;

    @Parameter
    Transport transport;

    enum Flood {
        PINGS(i -> Frames.bytes(Frames.PING, 0, 0, new byte[8])),
        ANSWERS_TO_NO_PING(i -> Frames.bytes(Frames.PING, Frames.ACK, 0, new byte[8])),
        SETTINGS(i -> Frames.bytes(Frames.SETTINGS, 0, 0)),
        INITIAL_WINDOWS(i -> Frames.bytes(Frames.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, (byte) i, 0})),
        WINDOW_OF_THE_CONNECTION(i -> Frames.bytes(WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 0, 1})),
        WINDOW_OF_A_STREAM(i -> Frames.bytes(WINDOW_UPDATE, 0, 1, new byte[] {0, 0, 0, 1})),
        NO_WINDOW_OF_THE_CONNECTION(i -> Frames.bytes(WINDOW_UPDATE, 0, 0, new byte[4])),
        NO_WINDOW_OF_STREAMS(i -> i % 2 == 0 ? head(i + 3) : Frames.bytes(WINDOW_UPDATE, 0, i + 2, new byte[4])),
        PRIORITIES(i -> Frames.bytes(PRIORITY, 0, 2 * i + 3, new byte[] {0, 0, 0, 0, (byte) i})),
        RESETS_OF_ONE_STREAM(i -> Frames.bytes(Frames.RST_STREAM, 0, 1, new byte[4])),
        RESETS_OF_MANY(i -> i % 2 == 0 ? head(i + 3) : Frames.bytes(Frames.RST_STREAM, 0, i + 2, new byte[4])),
        UNKNOWN_FRAMES(i -> Frames.bytes(UNKNOWN, 0, 0)),
        UNKNOWN_FRAMES_OF_A_STREAM(i -> Frames.bytes(UNKNOWN, 0, 1)),
        EMPTY_DATA(i -> Frames.bytes(Frames.DATA, 0, 1)),
        PADDING(i -> Frames.bytes(Frames.DATA, PADDED, 1, new byte[] {3, 0, 0, 0})),
        EMPTY_HEADS(i -> Frames.bytes(Frames.HEADERS, Frames.END_HEADERS, 1)),
        EMPTY_CONTINUATIONS(i -> Frames.bytes(i == 0 ? Frames.HEADERS : Frames.CONTINUATION, 0, 3)),
        OPEN_STREAMS(i -> head(2 * i + 3)),
        REQUESTS(i -> Frames.bytes(
                Frames.HEADERS, Frames.END_HEADERS | Frames.END_STREAM, 2 * i + 3, Frames.block("GET /jobs/x")));

        private final IntFunction<byte[]> frame;

        Flood(IntFunction<byte[]> frame) {
            this.frame = frame;
        }

        /** Of a request whose body is to come. */
        private static byte[] head(int stream) {
            return Frames.bytes(Frames.HEADERS, Frames.END_HEADERS, stream, Frames.block("POST /work"));
        }

        /** Sends frames to the end; completes when the connection has been closed by the other side. */
        void send(Frames client) throws IOException {
            client.sendBuffer(32 * 1024).head(1, false, "POST /work"); // what is cut is not sent in vain
            try {
                for (int i = 0; i < MANY; i += AT_ONCE) {
                    ByteArrayOutputStream some = new ByteArrayOutputStream();
                    for (int each = i; each < i + AT_ONCE; each++) {
                        some.writeBytes(frame.apply(each));
                    }
                    client.raw(some.toByteArray());
                }
            } catch (IOException closed) {
                return;
            }
            client.readToEnd();
        }
    }

    @Test
    void isCutAndOthersAreServed() throws Exception {
        ExecutorService clients = Executors.newCachedThreadPool();
        try (Listeners listeners = new Listeners(
                transport, "sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1")) {
            Map<Flood, CompletableFuture<Void>> floods = new EnumMap<>(Flood.class);
            for (Flood flood : Flood.values()) {
                floods.put(flood, CompletableFuture.runAsync(() -> send(flood, listeners.port()), clients));
            }
            CompletableFuture<Void> all =
                    CompletableFuture.allOf(floods.values().toArray(CompletableFuture[]::new));
            try (Wire http1 = new Wire(transport, listeners.port());
                    Frames http2 = new Frames(transport, listeners.port())) {
                for (int stream = 1; stream < 20 || !all.isDone(); stream += 2) {
                    http1.send("GET /jobs/x HTTP/1.1\nHost: g\n\n");
                    assertThat(http1.read().status()).isEqualTo(404);
                    Frames.Told told = http2.head(stream, true, "HEAD /jobs/x").read(stream);
                    assertThat(told.reply().status()).isEqualTo(404);
                }
            }
            assertThat(floods).allSatisfy((flood, cut) -> assertThat(cut).isCompleted());
        } finally {
            clients.shutdownNow();
        }
    }

    private void send(Flood flood, int port) {
        try (Frames client = new Frames(transport, port)) {
            flood.send(client);
        } catch (IOException e) { // which a connection that stays open ends in after a while
            throw new AssertionError(flood + " were not cut", e);
        }
    }
}
