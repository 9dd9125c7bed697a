package dev.sluice.ingress.exchange;

import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.util.context.Context;

/**
 * The end of an exchange as Reactor Netty is told of it: not at all if the stream goes on by itself, because Reactor Netty would end
 * the response.
 */
final class Handover extends MonoOperator<Void, Void> {

    private final NettyResponse response;

    Handover(Mono<Void> exchange, NettyResponse response) {
        super(exchange);
        this.response = response;
    }

    @Override
    public void subscribe(CoreSubscriber<? super Void> server) {
        source.subscribe(new Ending(server, response));
    }

    private record Ending(CoreSubscriber<? super Void> server, NettyResponse response) implements CoreSubscriber<Void> {

        @Override
        public Context currentContext() {
            return server.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            server.onSubscribe(subscription);
        }

        @Override
        public void onNext(Void nothing) {
            // there is none
        }

        @Override
        public void onError(Throwable error) {
            if (!response.sender().isParked()) {
                server.onError(error);
            }
        }

        @Override
        public void onComplete() {
            if (!response.sender().isParked()) {
                server.onComplete();
            }
        }
    }
}
