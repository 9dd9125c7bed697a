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

/** One request on the wire and its response; used once. */
final class HttpCall<T> {

    /** Idempotent methods (RFC 9110, 9.2.2). */
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
    private final CallTimeout timeout;
    private final OutgoingBody outgoing;

    /**
     * Calls are cancelled on the event loop of their connection. On another thread, the connection could return to the pool and
     * be handed to the next request between the client's check that the call is not over and its closing the connection.
     */
    private final Scheduler loop = Schedulers.fromExecutor(this::inLoop);

    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.CONNECTING);
    private final Sinks.Empty<Void> bodyDeadline = Sinks.empty();
    private volatile int usedBefore;
    private volatile boolean lost;
    private volatile boolean begun; // from here on, something of the request may have left
    private long received;
    private volatile @Nullable Channel channel;
    private volatile boolean endedBefore; // the call ended, or was cancelled, before its connection was known
    private volatile @Nullable ResponseDecoder wire;
    private volatile @Nullable BackendFailure broken;
    private volatile @Nullable BackendFailure late;

    /**
     * Makes a call.
     *
     * @param timeout how long it may take, all tries together
     */
    HttpCall(
            BackendRequest request,
            CallPolicy policy,
            Backend.Receiver<T> receiver,
            HttpHeaders header,
            CallTimeout timeout) {
        this.request = request;
        this.policy = policy;
        this.receiver = receiver;
        this.header = header;
        this.timeout = timeout;
        this.outgoing = new OutgoingBody(request, timeout::sent);
    }

    /** The outcome; an error signal is a bug of the gateway. */
    Mono<Outcome<T>> run(HttpClient client) {
        return client.request(HttpMethod.valueOf(request.head().method()))
                .uri(policy.target().resolve(request.head().target()))
                .send(this::send)
                .response(this::response)
                .cancelOn(loop)
                .singleOrEmpty()
                .takeUntilOther(deadline())
                .switchIfEmpty(unlessLate())
                .onErrorResume(this::failed)
                .doFinally(signal -> inLoop(outgoing::stop)); // after the connection was closed, if it is cancelled
    }

    /**
     * The request to send once more, on a new connection, after this call failed; null if that is pointless, or the backend may
     * have acted on it.
     */
    @Nullable
    BackendRequest again() {
        ResponseDecoder decoder = wire;
        if (!lost) {
            return null;
        } else if (decoder == null) { // it was closed before anything could be sent on it
            return outgoing.again();
        } else if (usedBefore == 0) {
            return null;
        }
        boolean asked = decoder.requests() > usedBefore;
        boolean acted = asked && (decoder.answering() || (decoder.sent() && !mayBeRepeated()));
        return acted ? null : outgoing.again();
    }

    /** A backend that closes the connection after much of the timeout has hardly done so because it was idle. */
    private boolean mayBeRepeated() {
        boolean idempotent =
                policy.deliversCallbacks() || IDEMPOTENT.contains(request.head().method());
        return !request.once() && idempotent && !timeout.isMostlyOver();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private Publisher<Void> send(HttpClientRequest out, NettyOutbound body) {
        stage.compareAndSet(Stage.CONNECTING, Stage.AWAITING);
        timeout.sent();
        out.requestHeaders().clear().add(header); // without the defaults of the client library
        Channel[] used = new Channel[1];
        body.withConnection(connection -> used[0] = connection.channel());
        channel = used[0];
        if (endedBefore) { // the cancellation did not know the connection, and closes it too late from its own thread
            used[0].close();
            return Mono.never();
        }
        ResponseDecoder decoder = ResponseCodec.of(used[0]);
        wire = decoder;
        usedBefore = decoder == null ? 0 : decoder.requests();
        return decoder == null || decoder.restNanos() == 0
                ? begin(body)
                : rest(used[0], decoder.restNanos()).thenMany(Flux.defer(() -> begin(body)));
    }

    private Publisher<Void> begin(NettyOutbound body) {
        begun = true;
        if (request.heartbeat() != null) {
            request.heartbeat().sent();
        }
        return outgoing.sendTo(body);
    }

    /** Whether the backend may have seen the request. */
    private boolean isSent(BackendFailure failure) {
        if (!begun || failure.handshakeFailed()) {
            return false;
        } else if (!failure.connectionLost()) {
            return true;
        }
        ResponseDecoder decoder = wire; // on its event loop, as the loss of a connection is
        return decoder != null && decoder.requests() > usedBefore && decoder.sent();
    }

    /** Runs a task on the event loop of the connection. Without one it runs here, and nothing is sent on one that comes later. */
    private void inLoop(Runnable task) {
        if (channel == null) {
            endedBefore = true;
        }
        Channel used = channel; // read again: it is set before the other is read
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

    private Publisher<Outcome<T>> response(HttpClientResponse response, ByteBufFlux content) {
        if (!stage.compareAndSet(Stage.AWAITING, Stage.RECEIVING)) {
            return Mono.never(); // the deadline came first and is cancelling this call
        }
        timeout.answered(response.responseHeaders().get("Content-Type"));
        int status = response.status().code();
        if (status < 200 || status > 599) {
            return Mono.error(BackendFailure.badStatus(status));
        }
        long most = policy.maxResponse().toBytes();
        long length = ResponseHead.length(response);
        if (length > most && !ResponseHead.isBodiless(request.head().method(), response)) {
            return Mono.error(BackendFailure.tooLarge(most));
        }
        JobResult head = ResponseHead.of(
                response, policy, request.head().method(), request.head().target());
        BackendResponse whole = new BackendResponse(
                head,
                length,
                body(content, most),
                trailers(response),
                ResponseHead.elsewhere(response, policy, request.head().target()));
        return Mono.defer(() -> receiver.receive(whole))
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("the receiver completed without a value")))
                .onErrorMap(ReceiverFailure::new)
                .map(value -> outcome(head, value));
    }

    /** Whatever the receiver made of it, a broken response is a failure. */
    private Outcome<T> outcome(JobResult head, T value) {
        BackendFailure failure = broken;
        return failure == null ? new Outcome.Answered<>(head, value) : failure.outcome(true);
    }

    private Flux<byte[]> body(ByteBufFlux content, long most) {
        return timeout.watch(content.map(piece -> copy(piece, most)).cancelOn(loop))
                .takeUntilOther(bodyDeadline.asMono())
                .concatWith(unlessLate())
                .onErrorMap(this::broken);
    }

    private Mono<Headers> trailers(HttpClientResponse response) {
        return request.trailers()
                ? response.trailerHeaders().map(fields -> Trailers.of(fields, policy.headerRules()))
                : Mono.empty();
    }

    /** Copies a buffer, which its event loop releases, into an array. */
    private byte[] copy(ByteBuf piece, long most) {
        received += piece.readableBytes();
        if (received > most) {
            throw BackendFailure.tooLarge(most);
        }
        return ByteBufUtil.getBytes(piece);
    }

    private Throwable broken(Throwable error) {
        BackendFailure failure = BackendFailure.duringAnswer(error);
        if (failure == null || outgoing.error() != null) {
            return error; // a bug of the gateway, or its consequence
        }
        broken = failure;
        return failure;
    }

    /**
     * One timer for the whole call. Before the head of the response it completes, which ends the call; after the head it ends
     * the body instead, which the receiver sees as it sees any other broken response. It has no effect once the body is
     * complete: how long the receiver takes to store the response does not count.
     */
    private Mono<Void> deadline() {
        return timeout.over().then(Mono.defer(this::end));
    }

    private Mono<Void> end() {
        Stage reached = stage.getAndUpdate(now -> now == Stage.RECEIVING ? now : Stage.LATE);
        late = timeout.failure(reached != Stage.CONNECTING, reached == Stage.RECEIVING);
        if (reached != Stage.RECEIVING) {
            return Mono.empty();
        }
        bodyDeadline.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST); // this is its only emission
        return Mono.never();
    }

    /** Fails if {@code takeUntilOther} ended the source because of the deadline. (An error there would not cancel the source.) */
    private <X> Mono<X> unlessLate() {
        return Mono.defer(() -> {
            BackendFailure failure = late;
            return failure == null ? Mono.empty() : Mono.error(failure);
        });
    }

    private Mono<Outcome<T>> failed(Throwable error) {
        Throwable ours = outgoing.error();
        if (broken == null && ours != null) {
            return Mono.error(ours);
        }
        BackendFailure failure = broken;
        if (failure == null && !(error instanceof ReceiverFailure)) {
            failure = BackendFailure.beforeAnswer(error, policy);
            lost = failure != null && failure.connectionLost();
        }
        if (failure != null) {
            return Mono.just(failure.outcome(isSent(failure)));
        }
        return Mono.error(error instanceof ReceiverFailure wrapped ? wrapped.getCause() : error);
    }

    /** Marks an error of the receiver on its way through the client, so that it is not taken for one of the client. */
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
