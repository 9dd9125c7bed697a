package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.JobState;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.QueueRig;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An answer that is a stream reaches clients while it arrives, on the request that made the job and at the job's output, and is
 * never taken for complete if it broke.
 */
@ParameterizedClass
@EnumSource(Transport.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LiveAnswersTest {

    private static final String EVENTS = "text/event-stream";
    private static final String LINES = "application/x-ndjson";

    @Parameter
    Transport transport;

    private final AtomicInteger used = new AtomicInteger();
    private StreamingBackend backend;
    private Listeners gateway;

    @BeforeParameterizedClassInvocation
    void start() {
        backend = new StreamingBackend();
        gateway = Listeners.dispatching(
                transport,
                "sluice.ingress.max-wait=30s",
                "sluice.routes.chat.path=/chat/{what}",
                "sluice.routes.chat.mode=negotiate",
                "sluice.routes.chat.attempts=1",
                "sluice.routes.chat.backend=" + backend.uri(),
                "sluice.routes.work.path=/work/{what}",
                "sluice.routes.work.backoff=1ms",
                "sluice.routes.work.max-backoff=1ms",
                "sluice.routes.work.attempts=3",
                "sluice.routes.work.backend=" + backend.uri());
    }

    @AfterParameterizedClassInvocation
    void stop() {
        gateway.close();
        backend.close();
    }

    private String path(String route) {
        return "/" + route + "/" + used.incrementAndGet();
    }

    private Wire wire(String head) throws IOException {
        return new Wire(transport, gateway.port()).send(head + "\n\n");
    }

    private Wire post(String path, String... fields) throws IOException {
        return wire("POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 0" + String.join("", fields));
    }

    private Wire get(String path, String... fields) throws IOException {
        return wire("GET " + path + " HTTP/1.1\nHost: g" + String.join("", fields));
    }

    private Wire.Reply read(String path, String... fields) throws IOException {
        try (Wire wire = get(path, fields)) {
            return wire.read();
        }
    }

    private String accepted(String path) throws IOException {
        try (Wire wire = post(path)) {
            return wire.read().field("Location");
        }
    }

    private static String chunk(Wire wire) throws IOException {
        return new String(wire.readChunk(), UTF_8);
    }

    private void await(String job, JobState state) {
        QueueRig.until(() -> gateway.journal()
                                .find(dev.sluice.job.JobId.parse(job.substring("/jobs/".length()))
                                        .orElseThrow())
                                .block()
                        instanceof Lookup.Known known
                && known.job().state() == state);
    }

    @Test
    void aWaitingClientIsPassedTheStreamWhileItArrives() throws IOException {
        String path = path("chat");
        try (Wire client = post(path)) {
            StreamingBackend.Call call = backend.call(path, 1).begin(200, EVENTS);
            Wire.Reply head = client.readHead();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.field("Content-Type")).isEqualTo(EVENTS);
            assertThat(head.field("X-Model")).isEqualTo("m-1");
            assertThat(head.field("X-Accel-Buffering")).isEqualTo("no");
            assertThat(head.all("Vary")).contains("Prefer");
            assertThat(head.field("Location")).isNull();
            String job = head.job();
            assertThat(job).startsWith("/jobs/");
            for (int i = 0; i < 3; i++) {
                call.say("id: " + i + "\ndata: " + i + "\n\n");
                assertThat(chunk(client)).isEqualTo("id: " + i + "\ndata: " + i + "\n\n");
            }
            call.end();
            assertThat(client.readChunk()).isEmpty();
            assertThat(read(job + "/result").text())
                    .isEqualTo("id: 0\ndata: 0\n\nid: 1\ndata: 1\n\nid: 2\ndata: 2\n\n");
            assertThat(client.send("GET " + job + " HTTP/1.1\nHost: g\n\n")
                            .read()
                            .status())
                    .as("the connection is used again")
                    .isEqualTo(200);
        }
    }

    @Test
    void anyClientThatWaitsIs() throws IOException {
        String path = path("work");
        try (Wire client = post(path, "\nPrefer: wait=20")) {
            backend.call(path, 1).begin(200, LINES).say("1\n");
            Wire.Reply head = client.readHead();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.field("Preference-Applied")).isEqualTo("wait=20");
            assertThat(chunk(client)).isEqualTo("1\n");
            backend.call(path, 1).end();
            assertThat(client.readChunk()).isEmpty();
        }
    }

    @Test
    void aStreamThatBreaksIsNeverComplete() throws IOException {
        String path = path("chat");
        try (Wire client = post(path)) {
            backend.call(path, 1).begin(200, EVENTS).say("data: 1\n\n");
            String job = client.readHead().job();
            assertThat(chunk(client)).isEqualTo("data: 1\n\n");
            backend.call(path, 1).cut();
            assertThatThrownBy(client::readChunk).isInstanceOfAny(EOFException.class, java.net.SocketException.class);
            await(job, JobState.FAILED);
            assertThat(read(job + "/output").problem()).isEqualTo("backend-protocol-error");
        }
        if (transport != Transport.PLAIN) {
            String other = path("chat");
            try (Frames client = new Frames(transport, gateway.port())) {
                client.head(1, true, "POST " + other + " HTTP/2");
                backend.call(other, 1).begin(200, EVENTS).say("data: 1\n\n");
                client.readHead(1);
                backend.call(other, 1).cut();
                Frames.Told told = client.read(1);
                assertThat(told.ended()).isFalse();
                assertThat(told.reset()).isEqualTo(Frames.INTERNAL_ERROR);
            }
        }
    }

    @Test
    void aClientThatBreaksOffFindsAllOfItAtTheJob() throws IOException {
        String path = path("chat");
        String job;
        try (Wire client = post(path)) {
            backend.call(path, 1).begin(200, EVENTS).say("data: 1\n\n");
            job = client.readHead().job();
            client.reset();
        }
        try (Wire reader = get(job + "/output")) {
            reader.readHead();
            assertThat(chunk(reader)).isEqualTo("data: 1\nid: 1-9\n\n");
            backend.call(path, 1).say("data: 2\n\n").end();
            assertThat(chunk(reader)).isEqualTo("data: 2\nid: 1-18\n\n");
            assertThat(reader.readChunk()).isEmpty();
        }
        assertThat(backend.calls(path)).isEqualTo(1);
        assertThat(read(job + "/result").text()).isEqualTo("data: 1\n\ndata: 2\n\n");
    }

    @Test
    void anAnswerThatDoesNotBeginInTimeIs202() throws IOException {
        String path = path("chat");
        String job;
        try (Wire client = post(path, "\nPrefer: wait=1")) {
            Wire.Reply reply = client.read();
            assertThat(reply.status()).isEqualTo(202);
            job = reply.field("Location");
        }
        assertThat(read(job + "/output", "\nPrefer: wait=0").status()).isEqualTo(202);
        try (Wire reader = get(job + "/output")) {
            backend.call(path, 1).begin(201, LINES).say("1\n").end();
            Wire.Reply reply = reader.read();
            assertThat(reply.status()).isEqualTo(201);
            assertThat(reply.text()).isEqualTo("1\n");
        }
    }

    @Test
    void theOutputIsTheBodyFromTheBeginningAndThenLive() throws IOException {
        String path = path("work");
        String job = accepted(path);
        try (Wire first = get(job + "/output")) {
            StreamingBackend.Call call = backend.call(path, 1).begin(200, LINES).say("{\"n\":1}\n");
            Wire.Reply head = first.readHead();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.field("Content-Type")).isEqualTo(LINES);
            assertThat(head.field("Sluice-Attempt")).isEqualTo("1");
            assertThat(head.field("Cache-Control")).isEqualTo("no-store, no-transform");
            assertThat(head.field("Incremental")).isEqualTo("?1");
            assertThat(head.job()).isEqualTo(job);
            assertThat(chunk(first)).isEqualTo("{\"n\":1}\n");
            try (Wire second = get(job + "/output")) {
                second.readHead();
                assertThat(chunk(second)).isEqualTo("{\"n\":1}\n");
                call.say("half").say(" a line\n");
                for (Wire reader : List.of(first, second)) {
                    assertThat(chunk(reader)).isEqualTo("half a line\n");
                }
                call.end();
                assertThat(first.readChunk()).isEmpty();
                assertThat(second.readChunk()).isEmpty();
            }
        }
        Wire.Reply whole = read(job + "/output");
        assertThat(whole.text()).isEqualTo("{\"n\":1}\nhalf a line\n");
        assertThat(whole.field("Sluice-Attempt")).isEqualTo("1");
        assertThat(whole.field("Content-Length")).isEqualTo("20");
        assertThat(backend.calls(path)).isEqualTo(1);
    }

    @Test
    void eventsAreResumedBehindTheLastThatWasRead() throws IOException {
        String path = path("work");
        String job = accepted(path);
        StreamingBackend.Call call = backend.call(path, 1)
                .begin(200, EVENTS)
                .say("id: own\ndata: 1\n\n")
                .say("data: 2\n\n");
        try (Wire reader = get(job + "/output", "\nLast-Event-ID: 1-17")) {
            reader.readHead();
            assertThat(chunk(reader)).isEqualTo("data: 2\nid: 1-26\n\n");
            call.say("data: ").say("3\n\n").end();
            assertThat(chunk(reader)).isEqualTo("data: 3\nid: 1-35\n\n");
            assertThat(reader.readChunk()).isEmpty();
        }
        assertThat(read(job + "/output?lastEventId=1-26").text()).isEqualTo("data: 3\nid: 1-35\n\n");
        assertThat(read(job + "/output", "\nLast-Event-ID: 1-35").status()).isEqualTo(204);
        assertThat(read(job + "/output", "\nLast-Event-ID: nonsense").text())
                .isEqualTo("data: 1\nid: 1-17\n\ndata: 2\nid: 1-26\n\ndata: 3\nid: 1-35\n\n");
    }

    @Test
    void readersOfAnAttemptThatFailsComeBackToTheNext() throws IOException {
        String path = path("work");
        String job = accepted(path);
        try (Wire reader = get(job + "/output")) {
            backend.call(path, 1).begin(200, EVENTS).say("data: 1\n\n");
            reader.readHead();
            chunk(reader);
            backend.call(path, 1).cut();
            assertThatThrownBy(reader::readChunk).isInstanceOfAny(EOFException.class, java.net.SocketException.class);
        }
        try (Wire reader = get(job + "/output", "\nLast-Event-ID: 1-9")) {
            backend.call(path, 2).begin(200, EVENTS).say("data: 1\n\n").end();
            Wire.Reply reply = reader.read();
            assertThat(reply.field("Sluice-Attempt")).isEqualTo("2");
            assertThat(reply.text()).isEqualTo("data: 1\nid: 2-9\n\n");
        }
    }

    @Test
    void onlyAnAnswerThatEndsTheJobIsOutput() throws IOException {
        String path = path("work");
        String job = accepted(path);
        try (Wire reader = get(job + "/output")) {
            backend.call(path, 1).begin(503, LINES).say("{\"again\":true}\n").end();
            backend.call(path, 2).begin(404, LINES).say("{\"not\":\"there\"}\n").end();
            Wire.Reply reply = reader.read();
            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.text()).isEqualTo("{\"not\":\"there\"}\n");
            assertThat(reply.field("Sluice-Attempt")).isEqualTo("2");
        }
    }

    @Test
    void aJobWithoutAnAnswerIsAsItsResult() throws IOException {
        String job = accepted(path("work"));
        try (Wire reader = get(job + "/output");
                Wire canceller = wire("DELETE " + job + " HTTP/1.1\nHost: g")) {
            assertThat(canceller.read().status()).isEqualTo(200);
            Wire.Reply reply = reader.read();
            assertThat(reply.status()).isEqualTo(410);
            assertThat(reply.problem()).isEqualTo("job-cancelled");
        }
    }

    @Test
    void anOrdinaryAnswerIsOutputWhenItIsThere() throws IOException {
        String path = path("work");
        String job = accepted(path);
        try (Wire reader = get(job + "/output")) {
            backend.call(path, 1)
                    .begin(200, "text/plain")
                    .say("all ")
                    .say("of it")
                    .end();
            Wire.Reply reply = reader.read();
            assertThat(reply.text()).isEqualTo("all of it");
            assertThat(reply.field("Content-Length")).isEqualTo("9");
        }
    }

    @Test
    void aDurableStreamIsRead() throws IOException {
        String path = path("work");
        String job = accepted(path);
        String output = job + "/output?offset=";
        Wire.Reply none = read(output + "-1");
        assertThat(none.status()).isEqualTo(200);
        assertThat(none.body()).isEmpty();
        assertThat(none.field("Stream-Next-Offset")).isEqualTo("0_0000000000000000");
        assertThat(none.field("Stream-Up-To-Date")).isEqualTo("true");
        assertThat(none.field("Stream-Closed")).isNull();
        StreamingBackend.Call call = backend.call(path, 1);
        try (Wire poll = get(output + "0_0000000000000000&live=long-poll")) {
            call.begin(200, EVENTS).say("data: 1\n\n");
            Wire.Reply polled = poll.read();
            assertThat(polled.status()).isEqualTo(200);
            assertThat(polled.text()).as("byte for byte").isEqualTo("data: 1\n\n");
            assertThat(polled.field("Content-Type")).isEqualTo("application/octet-stream");
            assertThat(polled.field("Stream-Next-Offset")).isEqualTo("1_0000000000000009");
            assertThat(polled.field("Stream-Cursor")).matches("\\d+");
            assertThat(polled.field("Sluice-Attempt")).isEqualTo("1");
        }
        Wire.Reply part = read(output + "1_0000000000000006");
        assertThat(part.text()).isEqualTo("1\n\n");
        String tag = part.field("ETag");
        assertThat(read(output + "1_0000000000000006", "\nIf-None-Match: " + tag)
                        .status())
                .isEqualTo(304);
        assertThat(read(output + "now").body()).isEmpty();
        try (Wire poll = get(output + "now&live=long-poll&cursor=99999999999");
                Wire live = get(output + "-1&live=sse")) {
            Wire.Reply head = live.readHead();
            assertThat(head.field("Content-Type")).isEqualTo(EVENTS);
            assertThat(head.field("stream-sse-data-encoding")).isEqualTo("base64");
            assertThat(chunk(live))
                    .startsWith("event: data\ndata: ZGF0YTogMQoK\n\nevent: control\n")
                    .contains("\"streamNextOffset\":\"1_0000000000000009\"", "\"streamCursor\":", "\"upToDate\":true");
            QueueRig.until(() -> gateway.count("sluice.reads", "kind", "long-poll") == 1);
            call.say("data: 2\n\n").end();
            String rest = chunk(live);
            if (!rest.contains("streamClosed")) { // the end may be known already when the piece is read
                rest += chunk(live);
            }
            assertThat(rest).contains("ZGF0YTogMgoK", "1_0000000000000018", "\"streamClosed\":true");
            assertThat(live.readChunk()).isEmpty();
            Wire.Reply polled = poll.read();
            assertThat(polled.text()).isEqualTo("data: 2\n\n");
            assertThat(Long.parseLong(polled.field("Stream-Cursor"))).isGreaterThan(99999999999L);
        }
        Wire.Reply end = read(output + "1_0000000000000018&live=long-poll");
        assertThat(end.status()).isEqualTo(204);
        assertThat(end.field("Stream-Closed")).isEqualTo("true");
        assertThat(end.field("Stream-Up-To-Date")).isEqualTo("true");
        Wire.Reply closed = read(output + "1_0000000000000006", "\nIf-None-Match: " + tag);
        assertThat(closed.status()).as("the end changes the tag").isEqualTo(200);
        assertThat(closed.field("Stream-Closed")).isEqualTo("true");
        try (Wire head = wire("HEAD " + output + "-1 HTTP/1.1\nHost: g")) {
            Wire.Reply reply = head.read(true);
            assertThat(reply.field("Stream-Next-Offset")).isEqualTo("1_0000000000000018");
            assertThat(reply.field("Stream-Closed")).isEqualTo("true");
        }
        assertThat(read(output + "2_0000000000000000").status()).isEqualTo(400);
        assertThat(read(output + "1_0000000000000019").status()).isEqualTo(400);
        assertThat(read(output + "tomorrow").problem()).isEqualTo("bad-request");
        assertThat(read(output + "-1&live=radio").problem()).isEqualTo("bad-request");
    }

    @Test
    void anOffsetOfAnEarlierAttemptIsGone() throws IOException {
        String path = path("work");
        String output = accepted(path) + "/output?offset=";
        backend.call(path, 1).begin(200, EVENTS).say("data: 1\n\n");
        QueueRig.until(() -> get200(output + "-1").startsWith("data"));
        try (Wire poll = get(output + "1_0000000000000009&live=long-poll")) {
            QueueRig.until(() -> gateway.count("sluice.reads", "kind", "long-poll") == 1);
            backend.call(path, 1).cut();
            assertThat(poll.read().problem()).isEqualTo("offset-gone");
        }
        backend.call(path, 2).begin(200, EVENTS).say("data: 2\n\n").end();
        QueueRig.until(() -> get200(output + "-1").startsWith("data"));
        assertThat(read(output + "1_0000000000000000").problem()).isEqualTo("offset-gone");
        assertThat(read(output + "0_0000000000000000").text()).isEqualTo("data: 2\n\n");
    }

    private String get200(String path) {
        try {
            return read(path).text();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
