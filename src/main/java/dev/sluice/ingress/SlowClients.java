package dev.sluice.ingress;

import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

/**
 * Gives up clients that take next to nothing of an answer. While it waits for them its connection to the backend is of no use to
 * others, and there are not many of those.
 */
final class SlowClients {

    /** A piece, which has at most 64 KiB, has to be on its way after this. */
    static final Duration LONGEST = Duration.ofMinutes(2);

    private SlowClients() {}

    /**
     * Fails as if the client were gone if it does not take a piece in time. Not by {@code timeout}, which complains about the
     * error of a write that was cancelled just then; a client that leaves is nothing to complain about.
     */
    static Mono<Void> cut(Mono<Void> write) {
        return Mono.firstWithSignal(write, Mono.delay(LONGEST).then(Mono.error(SlowClients::takesNothing)));
    }

    private static AbortedException takesNothing() {
        return new AbortedException("the client takes nothing");
    }
}
