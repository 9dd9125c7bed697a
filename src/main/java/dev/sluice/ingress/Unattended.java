package dev.sluice.ingress;

import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.netty.channel.AbortedException;

/** Processing of a request body that continues after its client has disconnected: the body may be complete by then. */
final class Unattended {

    private Unattended() {}

    /**
     * Returns the result of the work. Cancelling it does not cancel the work; the body then fails, unless it has completed.
     *
     * @param work consumes the body; called once
     */
    static <T> Mono<T> with(Flux<byte[]> body, Function<Flux<byte[]>, Mono<T>> work) {
        return Mono.create(sink -> begin(body, work, sink));
    }

    private static <T> void begin(Flux<byte[]> body, Function<Flux<byte[]>, Mono<T>> work, MonoSink<T> sink) {
        Sinks.Empty<Void> gone = Sinks.empty();
        sink.onCancel(() -> gone.tryEmitError(new AbortedException("the client has left")));
        work.apply(body.takeUntilOther(gone.asMono()))
                .subscribe(sink::success, error -> fail(sink, gone, error), sink::success);
    }

    /** Not signalled after a cancellation, because Reactor would report it as a dropped error. */
    private static void fail(MonoSink<?> sink, Sinks.Empty<Void> gone, Throwable error) {
        if (gone.tryEmitEmpty() == Sinks.EmitResult.OK) {
            sink.error(error);
        }
    }
}
