package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

class RequestBodyTest {

    /** As Reactor Netty does it: what is cancelled while it hands on a piece completes. */
    private static final Flux<ByteBuf> PIECES = Flux.from(subscriber -> subscriber.onSubscribe(new Subscription() {
        @Override
        public void request(long n) {
            subscriber.onNext(Unpooled.wrappedBuffer(new byte[10]));
        }

        @Override
        public void cancel() {
            subscriber.onComplete();
        }
    }));

    @Test
    void whoHasCancelledHearsNothingMore() {
        List<Object> heard = new ArrayList<>();
        new RequestBody(PIECES, 100, 1_000, () -> false).subscribe(new CoreSubscriber<>() {

            private Subscription upstream;

            @Override
            public void onSubscribe(Subscription subscription) {
                upstream = subscription;
                subscription.request(1);
            }

            @Override
            public void onNext(byte[] piece) {
                heard.add(piece);
                upstream.cancel();
            }

            @Override
            public void onError(Throwable error) {
                heard.add(error);
            }

            @Override
            public void onComplete() {
                heard.add("the end");
            }
        });
        assertThat(heard).singleElement().isInstanceOf(byte[].class);
    }
}
