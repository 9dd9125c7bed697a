package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ends;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.Flux;

/** Cancelling and forgetting while others look, on a real disk: all get a defined end, and afterwards nothing is left. */
@ExtendWith(OutputCaptureExtension.class)
class ForgetTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    static Path directory;

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.journal.type=rocksdb",
                "sluice.journal.path=" + directory,
                "sluice.events.heartbeat=100ms",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.work.attempts=100000");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static Wire.Reply call(String method, JobId id, String below) throws IOException {
        return Wire.call(listeners.port(), method + " /jobs/" + id + below + " HTTP/1.1\nHost: g");
    }

    private static Job running() throws IOException {
        listeners.accept("/work");
        return listeners.claim("work");
    }

    private static void assertNothingIsLeft(JobId id) throws IOException {
        for (String below : new String[] {"", "/result", "/events"}) {
            for (String method : new String[] {"GET", "HEAD"}) {
                Wire.Reply reply = call(method, id, below);
                assertThat(reply.status()).as(method + below).isEqualTo(410);
            }
            assertThat(call("GET", id, below).problem()).isEqualTo("job-expired");
        }
        assertThat(call("DELETE", id, "").status()).isEqualTo(410);
        assertThat(call("DELETE", id, "?erase=true").status()).isEqualTo(410);
        assertThat(listeners.request(id)).isNull();
        assertThat(listeners.journal().result(id).block(LIMIT)).isNull();
        assertThat(listeners.journal().history(id, 0).collectList().block(LIMIT))
                .isEmpty();
    }

    @Test
    void aDownloadOfWhatIsForgottenIsCutNotFalsified(CapturedOutput output) throws IOException {
        byte[] piece = new byte[64 * 1024];
        Job job = listeners.answer(
                running(), 200, null, Headers.NONE, Flux.range(0, 600).map(n -> piece.clone()));
        try (Wire slow = new Wire(listeners.port(), 4096)) {
            slow.send("GET /jobs/" + job.id() + "/result HTTP/1.1\nHost: g\n\n");
            assertThat(slow.readHead().field("Content-Length")).isEqualTo("" + 600 * piece.length);
            assertThat(call("DELETE", job.id(), "?erase=true").status()).isEqualTo(204);
            int got = slow.readAtMost(600 * piece.length);
            assertThat(got).as("bytes of the answer").isLessThan(600 * piece.length);
        }
        assertNothingIsLeft(job.id());
        assertThat(output).doesNotContain("reason nobody expected");
    }

    @Test
    void aReaderOfEventsThatAreForgottenComesToAnEnd() throws IOException {
        Job job = running();
        for (int i = 0; i < 300; i++) {
            listeners.record(
                    job,
                    new Transition.Requeue(
                            dev.sluice.job.RequeueReason.RETRY,
                            job.spec().acceptedAt(),
                            new dev.sluice.job.Failure(dev.sluice.job.Problem.BACKEND_STATUS, "x".repeat(20_000))));
            job = listeners.claim("work");
        }
        try (Wire slow = new Wire(listeners.port(), 4096)) {
            slow.send("GET /jobs/" + job.id() + "/events HTTP/1.1\nHost: g\n\n");
            slow.readHead();
            String first = new String(slow.readChunk(), StandardCharsets.UTF_8);
            assertThat(first).contains("retry:");
            assertThat(call("DELETE", job.id(), "").status()).isEqualTo(200);
            assertThat(call("DELETE", job.id(), "?erase=true").status()).isEqualTo(204);
            byte[] chunk = slow.readChunk();
            while (chunk.length > 0) {
                chunk = slow.readChunk();
            }
        }
        assertNothingIsLeft(job.id());
    }

    @Test
    void whoWaitsForAJobThatIsForgottenIsToldSo() throws IOException {
        JobId id = listeners.accept("/work");
        List<Wire> waiting = new ArrayList<>();
        try {
            for (String below : new String[] {"", "/result"}) {
                waiting.add(new Wire(listeners.port())
                        .send("GET /jobs/" + id + below + " HTTP/1.1\nHost: g\nPrefer: wait=30\n\n"));
            }
            listeners.awaitWaiting(2);
            listeners.journal().cancel(id).then(listeners.journal().forget(id)).block(LIMIT);
            for (Wire wire : waiting) {
                Wire.Reply reply = wire.read();
                // It was cancelled a moment before: either is true, and nothing else is.
                assertThat(reply.status()).isIn(200, 410);
                assertThat(reply.text()).containsAnyOf("job-expired", "job-cancelled", "\"state\":\"cancelled\"");
            }
        } finally {
            for (Wire wire : waiting) {
                wire.close();
            }
        }
        listeners.awaitWaiting(0);
        assertNothingIsLeft(id);
    }

    @Test
    void deletingAgainstFinishingHasOneWinner() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 60; round++) {
                Job job = running();
                List<CompletableFuture<Wire.Reply>> deletes = new ArrayList<>();
                String below = round % 2 == 0 ? "" : "?erase=true";
                for (int i = 0; i < 3; i++) {
                    deletes.add(CompletableFuture.supplyAsync(() -> delete(job.id(), below), threads));
                }
                CompletableFuture<String> finish = CompletableFuture.supplyAsync(
                        () -> Ends.finish(
                                        listeners.journal(),
                                        job,
                                        new dev.sluice.journal.Ending(
                                                new dev.sluice.job.JobResult(200, Headers.NONE), null),
                                        Flux.just("ok".getBytes()))
                                .map(finished -> "finished")
                                .onErrorReturn(dev.sluice.journal.StaleClaimException.class, "stale")
                                .block(LIMIT),
                        threads);
                List<Integer> statuses = new ArrayList<>();
                for (CompletableFuture<Wire.Reply> delete : deletes) {
                    statuses.add(delete.get(30, TimeUnit.SECONDS).status());
                }
                statuses.sort(null);
                boolean finished = finish.get(30, TimeUnit.SECONDS).equals("finished");
                if (below.isEmpty()) {
                    int told = finished ? 409 : 200;
                    assertThat(statuses)
                            .as("either it finished or it was cancelled")
                            .containsOnly(told);
                    Wire.Reply result = call("GET", job.id(), "/result");
                    assertThat(result.text()).contains(finished ? "ok" : "job-cancelled");
                    assertThat(delete(job.id(), "?erase=true").status()).isEqualTo(204);
                } else {
                    assertThat(statuses).as("erased once").isEqualTo(List.of(204, 410, 410));
                }
                assertNothingIsLeft(job.id());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static Wire.Reply delete(JobId id, String below) {
        try {
            return call("DELETE", id, below);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void readersThatComeWhileAJobIsForgottenGetAllOrNothing() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 40; round++) {
                JobId id = listeners.accept("/work");
                List<CompletableFuture<Wire.Reply>> readers = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    String below = i % 2 == 0 ? "/events" : "/result";
                    readers.add(CompletableFuture.supplyAsync(() -> get(id, below), threads));
                }
                assertThat(delete(id, "?erase=true").status()).isEqualTo(204);
                for (CompletableFuture<Wire.Reply> reader : readers) {
                    Wire.Reply reply = reader.get(30, TimeUnit.SECONDS);
                    assertThat(reply.status()).isIn(200, 202, 410);
                }
            }
            QueueRig.until(() -> listeners.count("sluice.events.readers") == 0);
        } finally {
            threads.shutdownNow();
        }
    }

    private static Wire.Reply get(JobId id, String below) {
        try {
            return call("GET", id, below);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
