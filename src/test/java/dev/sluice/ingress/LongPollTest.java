package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Progress;
import dev.sluice.job.Transition;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Waiting for a job or its result with {@code Prefer: wait}, and what a finished job answers. */
class LongPollTest {

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.short.path=/short",
                "sluice.routes.short.backend=http://localhost:1",
                "sluice.routes.short.keep=1ms",
                "sluice.routes.moved.path=/moved",
                "sluice.routes.moved.backend=http://localhost:1",
                "sluice.routes.moved.when-finished=redirect");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static String get(JobId id, String below, String... fields) {
        return "GET /jobs/" + id + below + " HTTP/1.1\nHost: g" + String.join("", fields) + "\n\n";
    }

    /** What a request gets that waits, once something has happened. */
    private static Wire.Reply after(String request, Runnable what) throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            wire.send(request);
            listeners.awaitWaiting(1);
            what.run();
            return wire.read();
        }
    }

    @Test
    void withoutATagItIsTheEndThatIsWaitedFor() throws IOException {
        JobId id = listeners.accept("/work");
        Wire.Reply reply = after(get(id, "", "\nPrefer: wait=30"), () -> {
            Job job = listeners.claim("work");
            listeners.answer(job, 200, null, Headers.NONE, Flux.just("ok".getBytes()));
        });
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.json().get("state").asString()).isEqualTo("succeeded");
        assertThat(reply.field("ETag")).isEqualTo("W/\"j3\"");
        assertThat(reply.field("Preference-Applied")).isEqualTo("wait=30");
        assertThat(reply.field("Retry-After")).isNull();
    }

    @Test
    void withATagItIsAnyChange() throws IOException {
        JobId id = listeners.accept("/work");
        Job[] job = new Job[1];
        Wire.Reply reply = after(
                get(id, "", "\nPrefer: wait=30", "\nIf-None-Match: W/\"j1\""), () -> job[0] = listeners.claim("work"));
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.json().get("state").asString()).isEqualTo("running");
        assertThat(reply.field("ETag")).isEqualTo("W/\"j2\"");
        listeners.record(job[0], new Transition.Cancel());
    }

    /** A client that polls would have an answer for every token otherwise. */
    @Test
    void outputIsNoChange() throws IOException {
        JobId id = listeners.accept("/work");
        Job[] job = {listeners.claim("work")};
        Sinks.Many<List<Output>> output = Sinks.many().unicast().onBackpressureBuffer();
        listeners.journal().stream(job[0], new JobResult(200, Headers.NONE), output.asFlux())
                .subscribe();
        emit(output, id, 0);
        Wire.Reply reply = after(get(id, "", "\nPrefer: wait=30", "\nIf-None-Match: W/\"j2\""), () -> {
            emit(output, id, 1);
            emit(output, id, 2);
            job[0] = listeners.record(job[0], new Transition.Report(new Progress(50.0, null), null));
            emit(output, id, 3);
        });
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.json().get("progress").get("percent").asDouble()).isEqualTo(50);
        assertThat(reply.field("ETag")).isEqualTo("W/\"j6\"");
        Wire.Reply same = Wire.call(
                listeners.port(), get(id, "", "\nIf-None-Match: W/\"j6\"").strip());
        assertThat(same.status()).isEqualTo(304);
        assertThat(listeners.record(job[0], new Transition.Cancel()).lastSeq()).isEqualTo(8);
        assertThat(Wire.call(listeners.port(), get(id, "").strip()).field("ETag"))
                .isEqualTo("W/\"j8\"");
    }

    /** Emits a piece of the response and waits until it is recorded. */
    private static void emit(Sinks.Many<List<Output>> output, JobId id, int number) {
        long before = lastSeq(id);
        output.tryEmitNext(List.of(Output.text("token", 1, 5L * number))).orThrow();
        await().atMost(Duration.ofSeconds(20)).until(() -> lastSeq(id) > before);
    }

    private static long lastSeq(JobId id) {
        return listeners
                .journal()
                .find(id)
                .ofType(Lookup.Known.class)
                .map(found -> found.job().lastSeq())
                .block(Duration.ofSeconds(20));
    }

    /** Who is redirected sends the same condition again, which speaks of the job and not of the result. */
    @Test
    void aTagOfAJobIsNoneOfItsResult() throws IOException {
        JobId id = listeners.accept("/moved");
        Headers fields = Headers.of("ETag", "\"3\"");
        listeners.answer(listeners.claim("moved"), 200, null, fields, Flux.just("ok".getBytes()));
        String seen = "\nIf-None-Match: W/\"j3\"";
        assertThat(Wire.call(listeners.port(), get(id, "", seen).strip()).status())
                .isEqualTo(303);
        Wire.Reply result = Wire.call(listeners.port(), get(id, "/result", seen).strip());
        assertThat(result.status()).isEqualTo(200);
        assertThat(result.text()).isEqualTo("ok");
    }

    @Test
    void aTagThatIsOutOfDateIsAnsweredAtOnce() throws IOException {
        JobId id = listeners.accept("/work");
        try (Wire wire = new Wire(listeners.port())) {
            Wire.Reply reply = wire.send(get(id, "", "\nPrefer: wait=60", "\nIf-None-Match: W/\"j0\""))
                    .read();
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.json().get("position").asLong()).isEqualTo(1);
        }
        cancel(id);
    }

    @Test
    void patienceThatIsOverEndsWithWhatThereIs() throws IOException {
        JobId id = listeners.accept("/work");
        Wire.Reply same = Wire.call(
                listeners.port(),
                get(id, "", "\nPrefer: wait=1", "\nIf-None-Match: W/\"j1\"").strip());
        assertThat(same.status()).isEqualTo(304);
        assertThat(same.field("ETag")).isEqualTo("W/\"j1\"");
        Wire.Reply unfinished =
                Wire.call(listeners.port(), get(id, "", "\nPrefer: wait=1").strip());
        assertThat(unfinished.status()).isEqualTo(200);
        assertThat(unfinished.json().get("state").asString()).isEqualTo("queued");
        Wire.Reply result = Wire.call(
                listeners.port(), get(id, "/result", "\nPrefer: wait=1").strip());
        assertThat(result.status()).isEqualTo(202);
        assertThat(result.field("Preference-Applied")).isEqualTo("wait=1");
        cancel(id);
    }

    @Test
    void aResultIsWaitedFor() throws IOException {
        JobId id = listeners.accept("/work");
        Wire.Reply reply = after(get(id, "/result", "\nPrefer: wait=30"), () -> {
            Job job = listeners.claim("work");
            listeners.answer(job, 200, null, Headers.NONE, Flux.just("ok".getBytes()));
        });
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.text()).isEqualTo("ok");
        assertThat(reply.field("Preference-Applied")).isEqualTo("wait=30");
    }

    @Test
    void aJobErasedMeanwhileIsGone() throws IOException {
        JobId id = listeners.accept("/work");
        Wire.Reply reply = after(get(id, "/result", "\nPrefer: wait=30"), () -> cancel(id));
        assertThat(reply.status()).isEqualTo(410);
        assertThat(reply.problem()).isEqualTo("job-cancelled");
    }

    @Test
    void whoeverStopsWaitingIsForgotten() throws IOException {
        JobId id = listeners.accept("/work");
        try (Wire wire = new Wire(listeners.port())) {
            wire.send(get(id, "", "\nPrefer: wait=60"));
            listeners.awaitWaiting(1);
            wire.reset();
        }
        listeners.awaitWaiting(0);
        cancel(id);
    }

    @Test
    void positionsCountFromOneAndMoveUp() throws IOException {
        JobId first = listeners.accept("/work");
        JobId second = listeners.accept("/work");
        assertThat(job(first).get("position").asLong()).isEqualTo(1);
        assertThat(job(second).get("position").asLong()).isEqualTo(2);
        cancel(first);
        assertThat(job(second).get("position").asLong()).isEqualTo(1);
        cancel(second);
        assertThat(job(second).get("position")).isNull();
    }

    @Test
    void aFinishedJobOfSuchARouteLeadsToItsResult() throws IOException {
        JobId id = listeners.accept("/moved");
        assertThat(Wire.call(listeners.port(), get(id, "").strip()).status()).isEqualTo(200);
        listeners.answer(listeners.claim("moved"), 200, null, Headers.NONE, Flux.just("ok".getBytes()));
        Wire.Reply reply = Wire.call(listeners.port(), get(id, "").strip());
        assertThat(reply.status()).isEqualTo(303);
        assertThat(reply.field("Location")).isEqualTo("/jobs/" + id + "/result");
        assertThat(reply.body()).isEmpty();
    }

    @Test
    void whatIsKeptNoLongerIsGoneThoughNobodyErasedItYet() throws IOException {
        JobId id = listeners.accept("/short");
        listeners.answer(listeners.claim("short"), 200, null, Headers.NONE, Flux.just("ok".getBytes()));
        QueueRig.until(() -> status(id, "") == 410);
        for (String below : new String[] {"", "/result", "/events"}) {
            Wire.Reply reply = Wire.call(listeners.port(), get(id, below).strip());
            assertThat(reply.status()).isEqualTo(410);
            assertThat(reply.problem()).isEqualTo("job-expired");
        }
        assertThat(Wire.call(listeners.port(), "DELETE /jobs/" + id + " HTTP/1.1\nHost: g")
                        .status())
                .isEqualTo(410);
    }

    private static int status(JobId id, String below) {
        try {
            return Wire.call(listeners.port(), get(id, below).strip()).status();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static tools.jackson.databind.JsonNode job(JobId id) throws IOException {
        return Wire.call(listeners.port(), get(id, "").strip()).json();
    }

    private static void cancel(JobId id) {
        listeners.journal().cancel(id).block(Duration.ofSeconds(10));
    }
}
