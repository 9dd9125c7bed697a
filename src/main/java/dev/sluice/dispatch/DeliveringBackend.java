package dev.sluice.dispatch;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendRequest;
import dev.sluice.backend.BackendResponse;
import dev.sluice.backend.Outcome;
import dev.sluice.callbacks.Receivers;
import dev.sluice.callbacks.Signer;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import dev.sluice.route.Connections;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Calls backends, and receivers of callbacks as these are to be called: at the absolute URL that is the target of the request,
 * signed, and without reading more than the begin of the answer.
 */
final class DeliveringBackend implements Backend {

    /** How much of a receiver's answer is kept. */
    static final int KEPT = 64 * 1024;

    /** How long its body is waited for: what it means is in its status. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Set<String> FIELDS = Set.of("content-type", "date", "retry-after");

    private final Backend backend;
    private final Receivers receivers;
    private final Signer signer;
    private final Clock clock;
    private final Scheduler scheduler;

    DeliveringBackend(Backend backend, Receivers receivers, Signer signer, Clock clock, Scheduler scheduler) {
        this.backend = backend;
        this.receivers = receivers;
        this.signer = signer;
        this.clock = clock;
        this.scheduler = scheduler;
    }

    @Override
    public <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy policy, Receiver<T> receiver) {
        return policy.deliversCallbacks()
                ? deliver(request, policy, receiver)
                : backend.call(request, policy, receiver);
    }

    @Override
    public Mono<Boolean> reachable(CallPolicy policy) {
        return backend.reachable(policy);
    }

    private <T> Mono<Outcome<T>> deliver(BackendRequest request, CallPolicy policy, Receiver<T> receiver) {
        URI url = URI.create(request.head().target());
        if (!receivers.allows(url)) {
            return Mono.just(new Outcome.Failed<>(
                    new Failure(
                            Problem.CALLBACK_REFUSED,
                            "Callbacks to this host are no longer allowed (sluice.callbacks.allowed-hosts).",
                            false),
                    false));
        }
        return request.body()
                .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes) // small, as it was made here
                .flatMap(body -> send(signed(request, url, body.toByteArray()), to(url, policy), receiver));
    }

    /** An answer whose body breaks off, or does not end in time, is an answer like any other: its head says what it means. */
    private <T> Mono<Outcome<T>> send(BackendRequest message, CallPolicy there, Receiver<T> receiver) {
        AtomicReference<Outcome.@Nullable Answered<T>> answered = new AtomicReference<>();
        return backend.call(
                        message,
                        there,
                        response -> receiver.receive(begin(response))
                                .doOnNext(value -> answered.set(new Outcome.Answered<>(response.head(), value))))
                .map(outcome -> {
                    Outcome<T> received = answered.get();
                    return received == null ? outcome : received;
                });
    }

    private BackendRequest signed(BackendRequest request, URI url, byte[] body) {
        JobRequest sent = request.head();
        String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
        JobRequest message = new JobRequest(sent.method(), url.getRawPath() + query, sent.headers(), sent.origin());
        return new BackendRequest(
                request.job(),
                request.attempt(),
                signer.sign(message, body, clock.instant()),
                body.length,
                Flux.just(body),
                false,
                request.heartbeat(),
                false);
    }

    private static CallPolicy to(URI url, CallPolicy policy) {
        CallPolicy there = policy.withTarget(CallTarget.serverOf(url));
        return there.target().isSecure() ? there : there.withConnections(plain(policy.connections()));
    }

    private static Connections plain(Connections secure) {
        return new Connections(
                secure.maxPending(), secure.idle(), secure.life(), secure.maxHeader(), null, secure.publicOnly());
    }

    /** The begin of the answer, and of its fields only those that a delivery has a use for. */
    private BackendResponse begin(BackendResponse response) {
        AtomicInteger left = new AtomicInteger(KEPT);
        Flux<byte[]> body = response.body()
                .<byte[]>handle((piece, sink) -> {
                    int most = left.get();
                    sink.next(piece.length <= most ? piece : Arrays.copyOf(piece, most));
                    if (left.addAndGet(-Math.min(piece.length, most)) == 0) {
                        sink.complete();
                    }
                })
                .takeUntilOther(Mono.delay(PATIENCE, scheduler))
                .onErrorComplete();
        JobResult head = response.head();
        List<Header> kept = head.headers().fields().stream()
                .filter(field -> FIELDS.contains(field.name().toLowerCase(Locale.ROOT)))
                .toList();
        return new BackendResponse(new JobResult(head.status(), new Headers(kept)), -1, body, Mono.empty());
    }
}
