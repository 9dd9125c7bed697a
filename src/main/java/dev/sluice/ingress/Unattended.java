package dev.sluice.ingress;

import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.netty.channel.AbortedException;

/** Work with the body of a request that goes on when its client has gone: all of the body may be there by then. */
final class Unattended {

    private Unattended() {}

    /**
     * The result of the work, which is not cancelled with whoever waits for it: then the body fails, unless it has ended.
     *
     * @param work does with the body whatever is to be done; called once
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

    /** To nobody if nobody is there, which would count as an error that was dropped. */
    private static void fail(MonoSink<?> sink, Sinks.Empty<Void> gone, Throwable error) {
        if (gone.tryEmitEmpty() == Sinks.EmitResult.OK) {
            sink.error(error);
        }
    }
}
