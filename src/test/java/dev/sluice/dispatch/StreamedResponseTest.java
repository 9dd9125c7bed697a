package dev.sluice.dispatch;

import static dev.sluice.dispatch.FakeBackend.bytes;
import static dev.sluice.queue.QueueRig.LIMIT;
import static dev.sluice.queue.QueueRig.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.queue.UnreliableJournal.Verb;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** An answer that is a stream is told while it arrives, and is the result all the same. */
class StreamedResponseTest {

    private final Route auto = Routes.route("auto", "/a", "http://localhost:1", "backoff=1ms", "max-backoff=1ms");
    private final Route always = Routes.route("always", "/b", "http://localhost:1", "stream=true");
    private final Route never = Routes.route("never", "/c", "http://localhost:1", "stream=false");
    private final DispatchRig rig = new DispatchRig(Duration.ofSeconds(20), auto, always, never).start();

    @AfterEach
    void close() {
        rig.close();
    }

    private void answering(String route, int status, String type, Flux<byte[]> body) {
        rig.backend.on(
                route,
                request -> Mono.just(new FakeBackend.Reply.Response(status, Headers.of("Content-Type", type), body)));
    }

    private List<Output> outputs(JobId id) {
        return rig.queue
                .journal
                .history(id, 0)
                .ofType(JobEvent.Emitted.class)
                .map(JobEvent.Emitted::output)
                .collectList()
                .block(LIMIT);
    }

    private byte[] result(JobId id) {
        return rig.queue
                .journal
                .result(id)
                .flatMap(result -> result.body().collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes))
                .map(ByteArrayOutputStream::toByteArray)
                .block(LIMIT);
    }

    @Test
    void aPieceIsToldBeforeTheNextIsSent() {
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        answering("auto", 200, "text/event-stream; charset=utf-8", body.asFlux());
        JobId id = rig.queue.accepted("auto");
        body.tryEmitNext(bytes("data: 1\n\n")).orThrow();
        until(() -> outputs(id).equals(List.of(Output.text("data: 1\n\n", 1, 0))));
        assertThat(rig.queue.find(id).state()).isEqualTo(JobState.RUNNING);
        body.tryEmitNext(bytes("data: 2\n\n")).orThrow();
        until(() -> outputs(id).size() == 2);
        body.tryEmitComplete().orThrow();
        Job done = rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(rig.queue.events(id)).containsExactly("accepted", "started", "output", "output", "succeeded");
        assertThat(done.result().size()).isEqualTo(18);
        assertThat(result(id)).isEqualTo(bytes("data: 1\n\ndata: 2\n\n"));
    }

    @Test
    void aPieceThatCannotBeToldJustNowIsToldLaterAndTheAnswerIsWhole() {
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        answering("auto", 200, "application/x-ndjson", body.asFlux());
        JobId id = rig.queue.accepted("auto", 1);
        body.tryEmitNext(bytes("1\n")).orThrow();
        until(() -> outputs(id).size() == 1);
        rig.queue.journal.fail(Verb.STREAM);
        body.tryEmitNext(bytes("2\n")).orThrow();
        body.tryEmitComplete().orThrow();
        until(() -> rig.queue.journal.tries(Verb.STREAM) >= 4);
        rig.queue.journal.recover();
        assertThat(rig.queue.awaitState(id, JobState.SUCCEEDED).attempt()).isEqualTo(1);
        assertThat(outputs(id)).containsExactly(Output.text("1\n", 1, 0), Output.text("2\n", 1, 2));
        assertThat(result(id)).isEqualTo(bytes("1\n2\n"));
    }

    @Test
    void anAnswerThatHasBegunIsAnnouncedBeforeItsBody() {
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        answering("auto", 200, "text/event-stream", body.asFlux());
        JobId id = rig.queue.accepted("auto");
        until(() -> outputs(id).equals(List.of(Output.text("", 1, 0))));
        assertThat(rig.queue.journal.answer(id).block(LIMIT).head().status()).isEqualTo(200);
        body.tryEmitNext(bytes("data: 1\n\n")).orThrow();
        body.tryEmitComplete().orThrow();
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(result(id)).isEqualTo(bytes("data: 1\n\n"));
    }

    @Test
    void whatHadArrivedBeforeABreakIsRecorded() {
        rig.backend.on(
                "auto",
                request -> Mono.just(new FakeBackend.Reply.Response(
                        200,
                        Headers.of("Content-Type", "application/x-ndjson"),
                        Flux.just(bytes("1\n"), bytes("2\n3")).concatWith(Mono.error(new IOException("cut"))))));
        JobId id = rig.queue.accepted("auto", 1);
        rig.queue.awaitState(id, JobState.FAILED);
        assertThat(outputs(id)).containsExactly(Output.text("1\n", 1, 0), Output.text("2\n3", 1, 2));
    }

    @Test
    void theRouteSaysWhatIsAStream() {
        answering("auto", 200, "application/octet-stream", Flux.just(new byte[] {1}));
        answering("always", 200, "application/octet-stream", Flux.just(new byte[] {1, -1}, new byte[] {2}));
        answering("never", 200, "application/x-ndjson", Flux.just(bytes("{}\n")));
        JobId plain = rig.queue.accepted("auto");
        JobId told = rig.queue.accepted("always");
        JobId kept = rig.queue.accepted("never");
        for (JobId id : List.of(plain, told, kept)) {
            rig.queue.awaitState(id, JobState.SUCCEEDED);
        }
        assertThat(outputs(plain)).isEmpty();
        assertThat(outputs(kept)).isEmpty();
        assertThat(outputs(told))
                .containsExactly(new Output(false, new byte[] {1, -1}, 1, 0), new Output(false, new byte[] {2}, 1, 2));
        assertThat(result(told)).containsExactly(1, -1, 2);
    }

    @Test
    void aStreamThatBreaksBeginsAgainWithTheNextAttempt() {
        Sinks.Empty<byte[]> cut = Sinks.empty();
        rig.backend.on(
                "auto",
                request -> Mono.just(new FakeBackend.Reply.Response(
                        200,
                        Headers.of("Content-Type", "application/x-ndjson"),
                        Flux.just(bytes("1\n"))
                                .concatWith(request.attempt() == 1 ? cut.asMono() : Mono.empty())
                                .concatWith(Flux.just(bytes("2\n"))))));
        JobId id = rig.queue.accepted("auto");
        until(() -> outputs(id).size() == 1);
        cut.tryEmitError(new IOException("cut")).orThrow();
        until(() -> rig.queue.events(id).contains("requeued"));
        rig.queue.advance(Duration.ofSeconds(1));
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(rig.queue.events(id))
                .containsExactly(
                        "accepted", "started", "output", "requeued", "started", "output", "output", "succeeded");
        assertThat(outputs(id))
                .containsExactly(Output.text("1\n", 1, 0), Output.text("1\n", 2, 0), Output.text("2\n", 2, 2));
        assertThat(result(id)).isEqualTo(bytes("1\n2\n"));
    }

    @Test
    void onlyWhatMayBecomeTheResultIsTold() {
        rig.backend.on("auto", request -> {
            int status = request.attempt() == 1 ? 503 : 404;
            Headers type = Headers.of("Content-Type", "text/event-stream");
            return Mono.just(new FakeBackend.Reply.Response(status, type, Flux.just(bytes("of " + status))));
        });
        JobId id = rig.queue.accepted("auto");
        until(() -> rig.queue.events(id).contains("requeued"));
        rig.queue.advance(Duration.ofSeconds(1));
        rig.queue.awaitState(id, JobState.FAILED);
        assertThat(outputs(id)).containsExactly(Output.text("of 404", 2, 0));
    }

    @Test
    void aCancelledJobTellsNoMore() {
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        answering("auto", 200, "text/event-stream", body.asFlux());
        JobId id = rig.queue.accepted("auto");
        body.tryEmitNext(bytes("1")).orThrow();
        until(() -> outputs(id).size() == 1);
        rig.queue.journal.cancel(id).block(LIMIT);
        until(() -> rig.backend.calls("auto").cancelled.get() == 1);
        assertThat(rig.queue.events(id)).containsExactly("accepted", "started", "output", "cancelled");
    }
}
