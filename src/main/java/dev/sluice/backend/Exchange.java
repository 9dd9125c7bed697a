package dev.sluice.backend;

import dev.sluice.job.Headers;
import dev.sluice.job.JobResult;
import dev.sluice.route.CallPolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.ByteBufFlux;
import reactor.netty.NettyOutbound;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.HttpClientResponse;

/** One request and its answer; used once. */
final class Exchange<T> {

    /** Methods of which a request changes nothing more when it is repeated (RFC 9110, 9.2.2). */
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    private enum Stage {
        CONNECTING,
        AWAITING,
        RECEIVING,
        LATE
    }

    private final BackendRequest request;
    private final CallPolicy policy;
    private final Backend.Receiver<T> receiver;
    private final HttpHeaders header;
    private final Patience patience;
    private final RequestBody requestBody;

    /**
     * Where exchanges are cancelled. From another thread the connection might be given back, and to the next request, between
     * the client's look at whether the exchange is over and its closing the connection.
     */
    private final Scheduler loop = Schedulers.fromExecutor(this::inLoop);

    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.CONNECTING);
    private final Sinks.Empty<Void> bodyDeadline = Sinks.empty();
    private volatile int usedBefore;
    private volatile boolean lost;
    private long received;
    private volatile @Nullable Channel channel;
    private volatile @Nullable AnswerDecoder wire;
    private volatile @Nullable BackendFailure broken;
    private volatile @Nullable BackendFailure late;

    /**
     * Makes an exchange.
     *
     * @param patience how long it may take, all exchanges of the call together
     */
    Exchange(
            BackendRequest request,
            CallPolicy policy,
            Backend.Receiver<T> receiver,
            HttpHeaders header,
            Patience patience) {
        this.request = request;
        this.policy = policy;
        this.receiver = receiver;
        this.header = header;
        this.patience = patience;
        this.requestBody = new RequestBody(request, patience::sent);
    }

    /** The outcome; errors are mistakes of the gateway. */
    Mono<Outcome<T>> run(HttpClient client) {
        return client.request(HttpMethod.valueOf(request.head().method()))
                .uri(policy.target().resolve(request.head().target()))
                .send(this::send)
                .response(this::answer)
                .cancelOn(loop)
                .singleOrEmpty()
                .takeUntilOther(deadline())
                .switchIfEmpty(unlessLate())
                .onErrorResume(this::failed)
                .doFinally(signal -> inLoop(requestBody::stop)); // after the connection was closed, if it is cancelled
    }

    /**
     * What to send once more, on a new connection, when this has failed; null if there is no point in that, or the backend
     * may have acted on it.
     */
    @Nullable
    BackendRequest again() {
        AnswerDecoder answers = wire;
        if (!lost) {
            return null;
        } else if (answers == null) { // it was closed before anything could be sent on it
            return requestBody.again();
        } else if (usedBefore == 0) {
            return null;
        }
        boolean asked = answers.requests() > usedBefore;
        boolean acted = asked && (answers.answering() || (answers.sent() && !mayBeRepeated()));
        return acted ? null : requestBody.again();
    }

    /** A backend that was busy with it for long has hardly closed the connection because nobody used it. */
    private boolean mayBeRepeated() {
        return !request.once() && IDEMPOTENT.contains(request.head().method()) && !patience.isMostlyOver();
    }

    private Publisher<Void> send(HttpClientRequest out, NettyOutbound body) {
        stage.compareAndSet(Stage.CONNECTING, Stage.AWAITING);
        patience.sent();
        out.requestHeaders().clear().add(header); // the client's own defaults are nobody's wish
        Channel[] used = new Channel[1];
        body.withConnection(connection -> used[0] = connection.channel());
        channel = used[0];
        AnswerDecoder answers = AnswerCodec.of(used[0]);
        wire = answers;
        usedBefore = answers == null ? 0 : answers.requests();
        return answers == null || answers.restNanos() == 0
                ? requestBody.sendTo(body)
                : rest(used[0], answers.restNanos()).thenMany(Flux.defer(() -> requestBody.sendTo(body)));
    }

    /** On the event loop of the connection, once there is one. */
    private void inLoop(Runnable task) {
        Channel used = channel;
        if (used == null || used.eventLoop().inEventLoop() || used.eventLoop().isShuttingDown()) {
            task.run();
        } else {
            used.eventLoop().execute(task);
        }
    }

    private static Mono<Void> rest(Channel channel, long nanos) {
        return Mono.create(over -> {
            Future<?> timer = channel.eventLoop().schedule(() -> over.success(), nanos, TimeUnit.NANOSECONDS);
            over.onDispose(() -> timer.cancel(false));
        });
    }

    private Publisher<Outcome<T>> answer(HttpClientResponse answer, ByteBufFlux content) {
        if (!stage.compareAndSet(Stage.AWAITING, Stage.RECEIVING)) {
            return Mono.never(); // the deadline came first and is just cancelling us
        }
        patience.answered(answer.responseHeaders().get("Content-Type"));
        int status = answer.status().code();
        if (status < 200 || status > 599) {
            return Mono.error(BackendFailure.badStatus(status));
        }
        long most = policy.maxResponse().toBytes();
        long length = AnswerHead.length(answer);
        if (length > most && !AnswerHead.isBodiless(request.head().method(), answer)) {
            return Mono.error(BackendFailure.tooLarge(most));
        }
        JobResult head = AnswerHead.of(
                answer, policy, request.head().method(), request.head().target());
        BackendAnswer whole = new BackendAnswer(head, length, body(content, most), trailers(answer));
        return Mono.defer(() -> receiver.receive(whole))
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("the receiver completed without a value")))
                .onErrorMap(ReceiverFailure::new)
                .map(value -> outcome(head, value));
    }

    /** Whatever the receiver made of a broken answer, there was no complete one. */
    private Outcome<T> outcome(JobResult head, T value) {
        BackendFailure failure = broken;
        return failure == null ? new Outcome.Answered<>(head, value) : failure.outcome();
    }

    private Flux<byte[]> body(ByteBufFlux content, long most) {
        return patience.watch(content.map(piece -> copy(piece, most)).cancelOn(loop))
                .takeUntilOther(bodyDeadline.asMono())
                .concatWith(unlessLate())
                .onErrorMap(this::broken);
    }

    private Mono<Headers> trailers(HttpClientResponse answer) {
        return request.trailers()
                ? answer.trailerHeaders().map(fields -> Trailers.of(fields, policy.headerRules()))
                : Mono.empty();
    }

    /** Buffers end here, where their event loop releases them; what leaves is an ordinary array. */
    private byte[] copy(ByteBuf piece, long most) {
        received += piece.readableBytes();
        if (received > most) {
            throw BackendFailure.tooLarge(most);
        }
        return ByteBufUtil.getBytes(piece);
    }

    private Throwable broken(Throwable error) {
        BackendFailure failure = BackendFailure.duringAnswer(error);
        if (failure == null || requestBody.error() != null) {
            return error; // a mistake of ours, or its consequence
        }
        broken = failure;
        return failure;
    }

    /**
     * One timer for the whole call, which completes when the exchange is to be ended. That is so before the head of
     * the answer; after it, the body is ended instead, so that the receiver learns of it as of any other broken answer.
     * Once the body is complete it has no effect: how long the receiver takes to store the answer is not the backend's
     * affair.
     */
    private Mono<Void> deadline() {
        return patience.over().then(Mono.defer(this::end));
    }

    private Mono<Void> end() {
        Stage reached = stage.getAndUpdate(now -> now == Stage.RECEIVING ? now : Stage.LATE);
        late = patience.failure(reached != Stage.CONNECTING, reached == Stage.RECEIVING);
        if (reached != Stage.RECEIVING) {
            return Mono.empty();
        }
        bodyDeadline.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST); // this is its only emission
        return Mono.never();
    }

    /** What {@code takeUntilOther} ended was ended by the deadline. (It cancels its source only when it completes.) */
    private <X> Mono<X> unlessLate() {
        return Mono.defer(() -> {
            BackendFailure failure = late;
            return failure == null ? Mono.empty() : Mono.error(failure);
        });
    }

    private Mono<Outcome<T>> failed(Throwable error) {
        Throwable ours = requestBody.error();
        if (broken == null && ours != null) {
            return Mono.error(ours);
        }
        BackendFailure failure = broken;
        if (failure == null && !(error instanceof ReceiverFailure)) {
            failure = BackendFailure.beforeAnswer(error);
            lost = failure != null && failure.connectionLost();
        }
        if (failure != null) {
            return Mono.just(failure.outcome());
        }
        return Mono.error(error instanceof ReceiverFailure wrapped ? wrapped.getCause() : error);
    }

    /** Marks an error of the receiver on its way out through the client, which has errors of its own. */
    private static final class ReceiverFailure extends RuntimeException {
        ReceiverFailure(Throwable cause) {
            super(null, cause, false, false);
        }

        @Override
        public synchronized Throwable getCause() {
            return java.util.Objects.requireNonNull(super.getCause());
        }
    }
}
