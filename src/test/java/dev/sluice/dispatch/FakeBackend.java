package dev.sluice.dispatch;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendRequest;
import dev.sluice.backend.BackendResponse;
import dev.sluice.backend.Outcome;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A backend that does what a test's script says, and counts. */
final class FakeBackend implements Backend {

    /** What a backend does with one request. */
    interface Script {
        Mono<Reply> reply(BackendRequest request);
    }

    /** What comes back. */
    sealed interface Reply {
        record Response(int status, Headers headers, Flux<byte[]> body) implements Reply {}

        record NoAnswer(Failure failure, boolean sent) implements Reply {}
    }

    /** The calls of one route. */
    static final class Calls {
        final List<BackendRequest> all = new CopyOnWriteArrayList<>();
        final List<CallPolicy> policies = new CopyOnWriteArrayList<>();
        final AtomicInteger active = new AtomicInteger();
        final AtomicInteger mostActive = new AtomicInteger();
        final AtomicInteger cancelled = new AtomicInteger();

        long of(JobId job) {
            return all.stream().filter(call -> call.job().equals(job)).count();
        }
    }

    /** Whether calls get as far as to send something. */
    volatile boolean connects = true;

    private final Map<String, Script> scripts = new ConcurrentHashMap<>();
    private final Map<String, Calls> calls = new ConcurrentHashMap<>();

    FakeBackend on(String route, Script script) {
        scripts.put(route, script);
        return this;
    }

    Calls calls(String route) {
        return calls.computeIfAbsent(route, id -> new Calls());
    }

    static Reply answer(int status, String... headers) {
        return new Reply.Response(status, Headers.of(headers), Flux.just(bytes("out of " + status)));
    }

    static Reply noAnswer(Problem problem) {
        return new Reply.NoAnswer(new Failure(problem, "planted"), true);
    }

    /** The request certainly never left. */
    static Reply unreachable() {
        return new Reply.NoAnswer(new Failure(Problem.BACKEND_UNREACHABLE, "planted"), false);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy policy, Receiver<T> receiver) {
        Calls of = calls(policy.id());
        return Mono.defer(() -> {
            AtomicBoolean ended = new AtomicBoolean();
            of.policies.add(policy);
            of.all.add(request);
            if (connects && request.heartbeat() != null) {
                request.heartbeat().sent();
            }
            of.mostActive.accumulateAndGet(of.active.incrementAndGet(), Math::max);
            return scripts.get(policy.id())
                    .reply(request)
                    .<Outcome<T>>flatMap(reply -> outcome(reply, receiver))
                    .doOnTerminate(() -> ended(of, ended))
                    .doOnCancel(() -> {
                        if (ended(of, ended)) {
                            of.cancelled.incrementAndGet();
                        }
                    });
        });
    }

    /** False if the call has ended before: an attempt may be aborted while it still completes. */
    private static boolean ended(Calls of, AtomicBoolean call) {
        boolean first = call.compareAndSet(false, true);
        if (first) {
            of.active.decrementAndGet();
        }
        return first;
    }

    @Override
    public Mono<Boolean> reachable(CallPolicy policy) {
        return Mono.just(true);
    }

    private static <T> Mono<Outcome<T>> outcome(Reply reply, Receiver<T> receiver) {
        if (reply instanceof Reply.NoAnswer none) {
            return Mono.just(new Outcome.Failed<>(none.failure(), none.sent()));
        }
        Reply.Response answer = (Reply.Response) reply;
        JobResult head = new JobResult(answer.status(), answer.headers());
        AtomicBoolean cut = new AtomicBoolean();
        Flux<byte[]> body = answer.body().doOnError(error -> cut.set(true));
        String elsewhere = head.headers()
                .first("Operation-Location")
                .or(() -> head.headers().first("Location"))
                .orElse(null);
        return receiver.receive(new BackendResponse(head, -1, body, Mono.empty(), elsewhere))
                .<Outcome<T>>map(received -> new Outcome.Answered<>(head, received))
                .onErrorResume(
                        error -> cut.get(),
                        error -> Mono.just(new Outcome.Failed<>(
                                new Failure(Problem.BACKEND_PROTOCOL_ERROR, "cut short", true), true)));
    }
}
