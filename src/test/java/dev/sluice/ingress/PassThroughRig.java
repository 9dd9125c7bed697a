package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.ScriptedServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A public listener of each kind with synchronous routes, spoken to in HTTP/1.1, before a backend that says what each test wants. Every test takes a route of
 * its own, so that none is given a connection that another left behind.
 */
@ParameterizedClass
@EnumSource(Transport.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class PassThroughRig {

    static final Duration LIMIT = Duration.ofSeconds(20);
    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final int ROUTES = 60;

    @Parameter
    Transport transport;

    private final List<AutoCloseable> open = new ArrayList<>();
    private int used;
    private volatile ScriptedServer.Script script = conversation -> {};
    ScriptedServer backend;
    Listeners listeners;

    /** Settings of further routes, without {@code sluice.routes.} before and the backend behind. */
    String[] routes() {
        return new String[0];
    }

    @BeforeParameterizedClassInvocation
    void startAll() throws IOException {
        used = 0;
        backend = new ScriptedServer(conversation -> script.serve(conversation));
        List<String> settings = new ArrayList<>();
        for (int i = 0; i < ROUTES; i++) {
            String route = "sluice.routes.r" + i + ".";
            settings.addAll(
                    List.of(route + "path=/r" + i + "/**", route + "mode=sync", route + "backend=" + backend.uri()));
        }
        for (String setting : routes()) {
            settings.add("sluice.routes." + setting.replace("BACKEND", backend.uri()));
        }
        listeners = new Listeners(transport, settings.toArray(String[]::new));
    }

    @AfterParameterizedClassInvocation
    void stopAll() throws IOException {
        backend.close();
        listeners.close();
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        open.clear();
        assertThat(backend.failures).isEmpty();
        backend.heads.clear();
        backend.connections.set(0);
    }

    /** The path of a route that no other test uses. */
    String route() {
        return "/r" + used++;
    }

    /** What the client speaks. */
    String scheme() {
        return transport == Transport.TLS ? "https" : "http";
    }

    void script(ScriptedServer.Script next) {
        script = next;
    }

    /** Answers every request with these bytes. */
    void answering(String answer) {
        script(conversation -> {
            while (conversation.request() != null) {
                conversation.say(answer);
            }
        });
    }

    Wire wire() throws IOException {
        return open(new Wire(transport, listeners.port()));
    }

    Wire.Reply call(String head) throws IOException {
        return Wire.call(transport, listeners.port(), head, new byte[0]);
    }

    <C extends AutoCloseable> C open(C closeable) {
        open.add(closeable);
        return closeable;
    }

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    static String text(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }

    /** The fields of the only request that the backend got. */
    List<String> sent() {
        assertThat(backend.heads).hasSize(1);
        return Arrays.stream(backend.heads.get(0).split("\r\n")).skip(1).toList();
    }
}
