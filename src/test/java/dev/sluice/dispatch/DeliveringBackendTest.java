package dev.sluice.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendRequest;
import dev.sluice.backend.BackendResponse;
import dev.sluice.backend.Outcome;
import dev.sluice.callbacks.DeliveryRoutes;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import java.io.ByteArrayOutputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

class DeliveringBackendTest {

    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);
    private static final byte[] BODY = FakeBackend.bytes("{}");

    private final AtomicReference<BackendRequest> sent = new AtomicReference<>();
    private final AtomicReference<CallPolicy> policy = new AtomicReference<>();
    private final AtomicInteger pieces = new AtomicInteger();
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private Flux<byte[]> answer = Flux.<byte[]>generate(sink -> {
        pieces.incrementAndGet();
        sink.next(new byte[10_000]);
    });

    private Failure broken;

    private final DeliveringBackend delivering = new DeliveringBackend(
            new Recording(),
            DeliveryRoutes.receivers("hooks.example.com", "localhost:9000"),
            DeliveryRoutes.signer(),
            Clock.fixed(NOW, ZoneOffset.UTC),
            time);

    @Test
    void aMessageIsSignedAndSentToItsOwnServer() {
        deliver("https://hooks.example.com/done?a=b");
        assertThat(policy.get().target().host()).isEqualTo("hooks.example.com");
        assertThat(policy.get().target().isSecure()).isTrue();
        assertThat(policy.get().connections().publicOnly()).isTrue();
        assertThat(sent.get().head().target()).isEqualTo("/done?a=b");
        assertThat(sent.get().head().headers().first("webhook-timestamp")).contains("1700000000");
        assertThat(sent.get().head().headers().first("webhook-signature").orElseThrow())
                .startsWith("v1,");
        assertThat(sent.get().body().blockFirst()).isEqualTo(BODY);
    }

    @Test
    void ofAnAnswerTheBeginIsTakenAndTheRestIsNotRead() {
        Outcome.Answered<Integer> outcome = (Outcome.Answered<Integer>) deliver("https://hooks.example.com/");
        assertThat(outcome.received()).isEqualTo(DeliveringBackend.KEPT);
        assertThat(pieces.get()).isLessThanOrEqualTo(8);
    }

    /** Or a receiver could make the gateway wait for a later call, as a backend can. */
    @Test
    void ofItsFieldsOnlyThoseOfUseAreTaken() {
        deliver("https://hooks.example.com/");
        assertThat(fields.get()).isEqualTo(Headers.of("Content-Type", "text/plain", "Retry-After", "7"));
    }

    @Test
    void anAnswerThatNeverEndsIsNotWaitedFor() {
        answer = Flux.concat(Flux.just(new byte[3]), Flux.never());
        AtomicReference<Outcome<Integer>> outcome = new AtomicReference<>();
        call("https://hooks.example.com/").subscribe(outcome::set);
        assertThat(outcome.get()).isNull();
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(((Outcome.Answered<Integer>) outcome.get()).received()).isEqualTo(3);
    }

    /** As {@code HttpBackend} tells it: the receiver sees the error in the body, and what it makes of that does not count. */
    @Test
    void anAnswerWhoseBodyBreaksIsAnAnswer() {
        answer = Flux.concat(Flux.just(new byte[3]), Flux.error(new IllegalStateException("cut short")));
        broken = new Failure(Problem.BACKEND_PROTOCOL_ERROR, "cut short", true);
        assertThat(deliver("https://hooks.example.com/")).isInstanceOfSatisfying(Outcome.Answered.class, outcome -> {
            assertThat(outcome.head().status()).isEqualTo(202);
            assertThat(outcome.received()).isEqualTo(3);
        });
    }

    @Test
    void whatIsNoLongerAllowedIsNotSent() {
        Outcome<Integer> outcome = deliver("https://gone.example.com/");
        assertThat(outcome).isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
            assertThat(failed.sent()).isFalse();
            assertThat(failed.failure().problem()).isEqualTo(Problem.CALLBACK_REFUSED);
            assertThat(failed.failure().retryable()).isFalse();
        });
        assertThat(sent.get()).isNull();
    }

    private final AtomicReference<Headers> fields = new AtomicReference<>();

    private Outcome<Integer> deliver(String url) {
        return call(url).block(Duration.ofSeconds(20));
    }

    private Mono<Outcome<Integer>> call(String url) {
        Headers headers = Headers.of("webhook-id", "msg_1");
        BackendRequest request = new BackendRequest(
                new JobId(1, 2),
                1,
                new JobRequest("POST", url, headers, JobRequest.Origin.GATEWAY),
                BODY.length,
                Flux.just(BODY),
                null);
        return delivering.call(request, DeliveryRoutes.usual().call(), response -> {
            fields.set(response.head().headers());
            return response.body()
                    .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                    .map(ByteArrayOutputStream::size);
        });
    }

    /** Answers everything. */
    private final class Recording implements Backend {
        @Override
        public <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy with, Receiver<T> receiver) {
            sent.set(request);
            policy.set(with);
            JobResult head = new JobResult(
                    202, Headers.of("Content-Type", "text/plain", "Sluice-Completion", "later", "Retry-After", "7"));
            return receiver.receive(new BackendResponse(head, -1, answer, Mono.empty()))
                    .map(received -> broken == null
                            ? new Outcome.Answered<>(head, received)
                            : new Outcome.Failed<>(broken, true));
        }

        @Override
        public Mono<Boolean> reachable(CallPolicy with) {
            return Mono.just(true);
        }
    }
}
