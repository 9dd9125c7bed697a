package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.backend.ScriptedServer;
import dev.sluice.ingress.Frames.Told;
import dev.sluice.ingress.connection.FrameGuard;
import dev.sluice.job.Job;
import dev.sluice.journal.JobFilter;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** What clients that speak HTTP/2 may do, and what they may not: the same as others, and what that protocol adds. */
@ParameterizedClass
@EnumSource(
        value = Transport.class,
        names = {"CLEARTEXT_HTTP2", "TLS"})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class Http2Test {

    private static final Logger ROOT = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private static final int ENHANCE_YOUR_CALM = 11;
    private static final int REFUSED_STREAM = 7;

    @Parameter
    Transport transport;

    private ListAppender<ILoggingEvent> warnings;
    private ScriptedServer backend;
    private Listeners listeners;

    @BeforeParameterizedClassInvocation
    void start() throws IOException {
        backend = new ScriptedServer(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        });
        warnings = new ListAppender<>();
        listeners = new Listeners(
                transport,
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.json.path=/json/**",
                "sluice.routes.json.backend=http://localhost:1",
                "sluice.routes.json.methods=POST,PUT",
                "sluice.routes.json.consumes=application/json",
                "sluice.routes.json.idempotency=required",
                "sluice.routes.small.path=/small",
                "sluice.routes.small.backend=http://localhost:1",
                "sluice.routes.small.max-request=10B",
                "sluice.routes.cut.path=/cut",
                "sluice.routes.cut.mode=sync",
                "sluice.routes.cut.backend=" + backend.uri());
        warnings.start();
        ROOT.addAppender(warnings);
    }

    @AfterParameterizedClassInvocation
    void stop() throws IOException {
        listeners.close();
        backend.close();
        ROOT.detachAppender(warnings);
    }

    /** Nothing that a stranger sends is worth a line in the log. */
    @AfterEach
    void checkLog() {
        assertThat(warnings.list).noneMatch(event -> event.getLevel().isGreaterOrEqual(Level.WARN));
    }

    @AfterEach
    void eraseAll() {
        for (Job job : jobs()) {
            listeners.journal().cancel(job.id()).block();
            listeners.journal().forget(job.id()).block();
        }
        listeners.journal().purge(Duration.ZERO).blockLast();
    }

    private Frames client() throws IOException {
        return new Frames(transport, listeners.port());
    }

    private List<Job> jobs() {
        return listeners.journal().list(JobFilter.ALL, 500, null).block().jobs();
    }

    /** On the same connection something is done that takes as long, so that what came before it is over. */
    private void checkNothingWasMade(Frames client, int nextStream) throws IOException {
        client.head(nextStream, true, "GET /nothing");
        assertThat(client.read(nextStream).reply().status()).isEqualTo(404);
        assertThat(jobs()).isEmpty();
    }

    @Test
    void aWholeBodyOfUnknownLengthMakesAJob() throws IOException {
        try (Frames client = client()) {
            client.head(1, false, "POST /work").data(1, false, "half").data(1, true, "half");
            Told told = client.read(1);
            assertThat(told.reply().status()).isEqualTo(202);
            assertThat(told.ended()).isTrue();
            var id = Listeners.id(told.reply());
            assertThat(Listeners.bytes(listeners.request(id).body())).asString().isEqualTo("halfhalf");
        }
    }

    @Test
    void aRequestWithoutABodyMakesAJob() throws IOException {
        try (Frames client = client()) {
            Told told = client.head(1, true, "POST /work").read(1);
            assertThat(told.reply().status()).isEqualTo(202);
        }
    }

    @ParameterizedTest
    @CsvSource({"content-length, 8", "x-a, 8"})
    void aBodyThatIsResetMakesNone(String name, String value) throws IOException {
        try (Frames client = client()) {
            client.head(1, false, "POST /work", name, value)
                    .data(1, false, "half")
                    .reset(1, 8);
            checkNothingWasMade(client, 3);
        }
    }

    @ParameterizedTest
    @CsvSource({"content-length, 8", "x-a, 8"})
    void aBodyWhoseConnectionEndsMakesNone(String name, String value) throws IOException {
        try (Frames client = client()) {
            client.head(1, false, "POST /work", name, value).data(1, false, "half");
            client.frame(Frames.PING, 0, 0, new byte[8]);
            while (client.next().type() != Frames.PING) {
                // until the body has been seen
            }
        }
        QueueRig.until(() -> listeners.count("sluice.queue.depth", "route", "work") == 0);
        try (Frames client = client()) {
            checkNothingWasMade(client, 1);
        }
    }

    @ParameterizedTest
    @CsvSource({"8, half", "2, half", "-4, half", "4;5, half", "x, half"})
    void aBodyThatIsNotAsLongAsAnnouncedMakesNone(String length, String body) throws IOException {
        try (Frames client = client()) {
            client.head(1, false, "POST /work", "content-length", length.replace(';', ','));
            client.data(1, true, body);
            Told told = client.read(1);
            assertThat(told.ended() ? told.reply().status() : 400).isEqualTo(400);
            checkNothingWasMade(client, 3);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "connection, x",
        "transfer-encoding, chunked",
        "keep-alive, timeout=5",
        "upgrade, h2c",
        "X-Upper, x",
        "x a, x",
        ":path, /work",
        ":unknown, x"
    })
    void headsThatAreNoneOfHttp2MakeNone(String name, String value) throws IOException {
        try (Frames client = client()) {
            client.head(1, true, "POST /work", name, value);
            Told told = client.read(1);
            assertThat(told.ended() ? told.reply().status() : 400).isEqualTo(400);
        }
        try (Frames client = client()) {
            checkNothingWasMade(client, 1);
        }
    }

    @Test
    void aHeadBeyondTheLimitIsRefused() throws IOException {
        try (Frames client = client()) {
            client.head(1, true, "GET /work", "x-a", "a".repeat(9_000), "x-b", "b".repeat(9_000));
            Told told = client.read(1);
            assertThat(told.ended() ? told.reply().status() : 431).isEqualTo(431);
        }
    }

    @Test
    void aHeadWithoutAnEndIsCut() throws IOException {
        try (Frames client = client()) {
            client.frame(Frames.HEADERS, 0, 1, Frames.block("GET /work"));
            byte[] more = new byte[16_000];
            System.arraycopy(Frames.block("GET /work", "x-a", "a".repeat(15_000)), 40, more, 0, 15_000);
            try {
                for (int i = 0; i < 100; i++) {
                    client.frame(Frames.CONTINUATION, 0, 1, more);
                }
            } catch (IOException closed) {
                // as it should be
            }
            client.readToEnd();
        }
    }

    @Test
    void manySmallContinuationsAreCut() throws IOException {
        try (Frames client = client()) {
            client.frame(Frames.HEADERS, 0, 1, Frames.block("GET /work"));
            try {
                for (int i = 0; i < 20_000; i++) {
                    client.frame(Frames.CONTINUATION, 0, 1);
                }
            } catch (IOException closed) {
                // as it should be
            }
            client.readToEnd();
        }
    }

    @Test
    void rapidResetsAreCut() throws IOException {
        try (Frames client = client()) {
            try {
                for (int i = 1; i < 2_000; i += 2) {
                    client.head(i, true, "GET /jobs/x").reset(i, 8);
                }
            } catch (IOException closed) {
                // as it should be
            }
            Frames.Frame last = client.readToEnd();
            assertThat(last == null ? ENHANCE_YOUR_CALM : last.error()).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    /** Whether or not the client has confirmed the limit: this one has read nothing when it goes beyond it. */
    @Test
    void noMoreStreamsAreOpenThanAreAllowed() throws IOException {
        try (Frames client = client()) {
            for (int i = 0; i <= FrameGuard.STREAMS; i++) {
                client.head(2 * i + 1, false, "POST /work", "content-length", "1");
            }
            assertThat(client.read(2 * FrameGuard.STREAMS + 1).reset()).isEqualTo(REFUSED_STREAM);
            client.data(1, true, "x");
            assertThat(client.read(1).reply().status()).isEqualTo(202);
        }
    }

    @Test
    void aBrokenAnswerIsAnErrorOfTheServer() throws IOException {
        try (Frames client = client()) {
            Told told = client.head(1, true, "GET /cut").read(1);
            assertThat(told.reply().status()).isEqualTo(200);
            assertThat(told.reply().text()).isEqualTo("hello");
            assertThat(told.ended()).isFalse();
            assertThat(told.reset()).isEqualTo(Frames.INTERNAL_ERROR);
        }
    }

    @ParameterizedTest
    @CsvSource({"/small, 413", "/nothing, 404"})
    void aRefusalBeforeTheEndOfTheBodyIsWhole(String path, int status) throws IOException {
        try (Frames client = client()) {
            client.head(1, false, "POST " + path, "content-length", "1000000");
            for (int i = 0; i < 3; i++) {
                client.data(1, false, "x".repeat(16_000));
            }
            Told told = client.read(1);
            assertThat(told.reply().status()).isEqualTo(status);
            assertThat(told.ended()).isTrue();
            client.head(3, true, "GET /nothing");
            List<Integer> resets = new ArrayList<>();
            for (Frames.Frame frame = client.next(); frame.stream() != 3; frame = client.next()) {
                if (frame.type() == Frames.RST_STREAM) {
                    resets.add(frame.error());
                }
            }
            assertThat(resets).isSubsetOf(Frames.NO_ERROR);
        }
    }

    /** As over HTTP/1.1, where there is a test for each. */
    @ParameterizedTest
    @CsvSource({
        "GET /json, x-a, 1, 405, method-not-allowed",
        "POST /json, content-type, image/png, 415, unsupported-media-type",
        "POST /json, content-type, application/json, 400, idempotency-key-missing",
        "POST /work, sluice-delay, never, 400, bad-header",
        "POST /json/%2e%2e/work, x-a, 1, 400, bad-request"
    })
    void whatCannotBeAcceptedIsRefused(String line, String name, String value, int status, String problem)
            throws IOException {
        try (Frames client = client()) {
            Told told = client.head(1, true, line, name, value).read(1);
            assertThat(told.reply().status()).isEqualTo(status);
            assertThat(told.reply().problem()).isEqualTo(problem);
            checkNothingWasMade(client, 3);
        }
    }

    @Test
    void http1IsGuardedAsEver() throws IOException {
        byte[] none = new byte[0];
        String broken = "POST /work HTTP/1.1\nHost: g\nTransfer-Encoding: chunked\n\n4\nhalf\nzz";
        assertThat(Wire.call(transport, listeners.port(), broken, none).status())
                .isEqualTo(400);
        String folded = "GET /work HTTP/1.1\nHost: g\nX: a\n b";
        assertThat(Wire.call(transport, listeners.port(), folded, none).status())
                .isEqualTo(400);
        assertThat(jobs()).isEmpty();
    }

    /** As Java's client and curl ask for it. */
    @Test
    void anUpgradeIsNotTakenAndTheRequestIs() throws IOException {
        byte[] body = "x".repeat(100_000).getBytes(ISO_8859_1);
        Wire.Reply reply = Wire.call(
                transport,
                listeners.port(),
                "POST /work HTTP/1.1\nHost: g\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\n"
                        + "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\nContent-Length: " + body.length,
                body);
        assertThat(reply.status()).isEqualTo(202);
        var id = Listeners.id(reply);
        assertThat(Listeners.bytes(listeners.request(id).body())).isEqualTo(body);
        assertThat(listeners.request(id).head().headers().fields())
                .noneMatch(field -> field.name().toLowerCase().contains("http2")
                        || field.name().equalsIgnoreCase("upgrade"));
    }
}
