package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobTokens;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where backends send the answers that they have announced, over sockets. */
class CompletionTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static Listeners listeners;
    private static JobTokens tokens;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.routes.work.path=/work/**",
                "sluice.routes.work.backend=http://backend.example/base",
                "sluice.routes.work.max-response=100KB",
                "sluice.routes.work.drop-response-headers=X-Secret");
        tokens = new JobTokens(listeners.journal().secret());
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    @Test
    void whatIsSentIsStoredAsTheAnswerOfTheBackend() throws IOException {
        Job parked = parked();
        Wire.Reply taken = complete(parked.id(), 1, """

                Sluice-Status: 201
                Content-Type: text/plain; charset=utf-8
                Content-Language: en
                ETag: "v1"
                Location: http://backend.example/base/work/7
                Cache-Control: max-age=60
                X-Page: 1
                X-Page: 2
                X-Secret: s
                User-Agent: worker/1
                Accept: */*
                Authorization: Bearer worker
                Cookie: c=1
                X-Forwarded-For: 192.0.2.1
                Connection: X-Hop
                X-Hop: 1""", "report");
        assertThat(taken.status()).isEqualTo(204);
        Job completed = find(parked.id());
        assertThat(completed.awaiting()).isInstanceOf(Awaiting.Answered.class);
        Journal.Completed answer = decide(completed);
        assertThat(answer.head().status()).isEqualTo(201);
        assertThat(answer.head().headers().fields())
                .extracting(field -> field.name() + ": " + field.value())
                .containsExactly(
                        "Content-Type: text/plain; charset=utf-8",
                        "Content-Language: en",
                        "ETag: \"v1\"",
                        "Location: /work/7",
                        "Cache-Control: max-age=60",
                        "X-Page: 1",
                        "X-Page: 2");
        Wire.Reply result = Wire.call(listeners.port(), "GET /jobs/" + parked.id() + "/result HTTP/1.1\nHost: g");
        assertThat(result.status()).isEqualTo(201);
        assertThat(new String(result.body(), StandardCharsets.UTF_8)).isEqualTo("report");
    }

    @Test
    void nothingMoreThanTheUrlAndABodyIsNeeded() throws IOException {
        Job parked = parked();
        assertThat(complete(parked.id(), 1, "", "").status()).isEqualTo(204);
        Journal.Completed answer = decide(find(parked.id()));
        assertThat(answer.head().status()).isEqualTo(200);
        assertThat(answer.body().size()).isZero();
    }

    @Test
    void aSecondOneAndOneForAnAttemptThatIsOverGet409() throws IOException {
        Job parked = parked();
        assertThat(complete(parked.id(), 1, "", "first").status()).isEqualTo(204);
        refused(409, "not-running", complete(parked.id(), 1, "", "second"));

        Job resumed = resume(parked.id());
        listeners.record(resumed, new Transition.Requeue(RequeueReason.RETRY, Instant.now(), null));
        refused(409, "not-running", complete(parked.id(), 1, "", "late"));
        Job again = listeners.claim("work");
        refused(409, "not-running", complete(again.id(), 1, "", "late"));
        assertThat(complete(again.id(), 2, "", "in time").status()).isEqualTo(204);
        listeners.journal().cancel(again.id()).block(LIMIT);
        refused(409, "not-running", complete(again.id(), 2, "", "too late"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "token=", "token=1", "token=1.AAAAAAAAAAAAAAAAAAAAAA", "tokens=x"})
    void aTokenThatIsNotOursGets403AndSaysNothingOfTheJob(String query) throws IOException {
        Job parked = parked();
        for (JobId id : new JobId[] {parked.id(), new JobId(1, 2)}) {
            refused(403, "wrong-token", post(id, query, "", "x"));
        }
        refused(403, "wrong-token", post(parked.id(), "token=" + tokens.of(parked.id()), "", "x"));
        assertThat(find(parked.id())).isEqualTo(parked);
        listeners.journal().cancel(parked.id()).block(LIMIT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "99", "199", "600", "2000", "20", "+200", "200, 201", "２００"})
    void aStatusThatIsNoneGets400(String status) throws IOException {
        Job parked = parked();
        refused(400, "bad-header", complete(parked.id(), 1, "\nSluice-Status: " + status, "x"));
        refused(400, "bad-header", complete(parked.id(), 1, "\nSluice-Status: 200\nSluice-Status: 201", "x"));
        assertThat(find(parked.id())).isEqualTo(parked);
        listeners.journal().cancel(parked.id()).block(LIMIT);
    }

    @Test
    void anAnswerThatIsTooLargeGets413AndTheJobGoesOn() throws IOException {
        Job parked = parked();
        refused(413, "body-too-large", complete(parked.id(), 1, "", "x".repeat(102_401)));
        String chunked = "19001\r\n" + "x".repeat(102_401) + "\r\n0\r\n\r\n";
        Wire.Reply late = Wire.call(
                listeners.port(),
                "POST " + url(parked.id(), 1) + " HTTP/1.1\nHost: g\nTransfer-Encoding: chunked",
                chunked.getBytes(StandardCharsets.US_ASCII));
        refused(413, "body-too-large", late);
        refused(413, "body-too-large", complete(parked.id(), 1, "\nSluice-Status: 204", "x"));
        assertThat(find(parked.id())).isEqualTo(parked);
        assertThat(complete(parked.id(), 1, "", "x".repeat(102_400)).status()).isEqualTo(204);
        assertThat(decide(find(parked.id())).body().size()).isEqualTo(102_400);
    }

    @Test
    void oneThatBreaksOffLeavesTheJobAsItWas() throws IOException {
        Job parked = parked();
        try (Socket socket = new Socket("127.0.0.1", listeners.port())) {
            OutputStream out = socket.getOutputStream();
            out.write(("POST " + url(parked.id(), 1) + " HTTP/1.1\r\nHost: g\r\nContent-Length: 100000\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.write(new byte[90_000]);
            out.flush();
        }
        assertThat(complete(parked.id(), 1, "", "whole").status()).isEqualTo(204);
        assertThat(decide(find(parked.id())).body().size()).isEqualTo(5);
    }

    @Test
    void itMayComeBeforeTheAnswerToTheCall() throws IOException {
        JobId id = listeners.accept("/work/1");
        Job running = listeners.claim("work");
        assertThat(complete(id, 1, "", "early").status()).isEqualTo(204);
        assertThat(decide(find(id)).body().size()).isEqualTo(5);
        assertThat(running.id()).isEqualTo(id);
    }

    @Test
    void otherMethodsAreRefused() throws IOException {
        Wire.Reply get = Wire.call(listeners.port(), "GET " + url(parked().id(), 1) + " HTTP/1.1\nHost: g");
        refused(405, "method-not-allowed", get);
        assertThat(get.field("Allow")).isEqualTo("POST");
    }

    /** Last, because it cannot be taken back. */
    @Test
    void itIsTakenWhileTheGatewayStops() throws IOException {
        try (Listeners stopping =
                new Listeners("sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1")) {
            JobTokens theirs = new JobTokens(stopping.journal().secret());
            JobId id = stopping.accept("/work");
            stopping.claim("work");
            stopping.draining().stop();
            String url = "/jobs/" + id + "/completion?token=" + theirs.ofCompletion(id, 1);
            assertThat(Wire.call(stopping.port(), "POST " + url + " HTTP/1.1\nHost: g\nContent-Length: 0")
                            .status())
                    .isEqualTo(204);
        }
    }

    private static Job parked() throws IOException {
        JobId id = listeners.accept("/work/1");
        Job claimed = listeners.claim("work");
        assertThat(claimed.id()).isEqualTo(id);
        listeners.record(
                claimed,
                new Transition.Await(
                        new Awaiting.Completion(LIMIT), Instant.now().plusSeconds(3600)));
        return find(id);
    }

    private static Job resume(JobId id) {
        Job[] resumed = {null};
        QueueRig.until(() -> {
            listeners.journal().resume(Map.of("work", 9), LIMIT).block(LIMIT).jobs().stream()
                    .filter(job -> job.id().equals(id))
                    .forEach(job -> resumed[0] = job);
            return resumed[0] != null;
        });
        return resumed[0];
    }

    /** Ends a completed job as a dispatcher would. */
    private static Journal.Completed decide(Job completed) {
        Job resumed = resume(completed.id());
        Journal.Completed answer = listeners.journal().answered(resumed).block(LIMIT);
        listeners
                .journal()
                .finish(resumed, new Ending(answer.head(), null), answer.body())
                .block(LIMIT);
        return answer;
    }

    private static Job find(JobId id) {
        return ((Lookup.Known) listeners.journal().find(id).block(LIMIT)).job();
    }

    private static String url(JobId id, int attempt) {
        return "/jobs/" + id + "/completion?token=" + tokens.ofCompletion(id, attempt);
    }

    private static Wire.Reply complete(JobId id, int attempt, String fields, String body) throws IOException {
        return post(id, "token=" + tokens.ofCompletion(id, attempt), fields, body);
    }

    private static Wire.Reply post(JobId id, String query, String fields, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = "POST /jobs/" + id + "/completion" + (query.isEmpty() ? "" : "?" + query) + " HTTP/1.1\nHost: g"
                + fields + "\nContent-Length: " + bytes.length;
        return Wire.call(listeners.port(), head, bytes);
    }

    private static void refused(int status, String problem, Wire.Reply reply) {
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.problem()).isEqualTo(problem);
    }
}
