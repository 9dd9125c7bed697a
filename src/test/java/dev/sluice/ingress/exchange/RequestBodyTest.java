package dev.sluice.ingress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import dev.sluice.waiting.WaitingBytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class RequestBodyTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** As Reactor Netty does it: what is cancelled while it hands on a piece completes. */
    private static final Flux<DataBuffer> PIECES = Flux.from(subscriber -> subscriber.onSubscribe(new Subscription() {
        @Override
        public void request(long n) {
            subscriber.onNext(NettyRequest.BUFFERS.wrap(new byte[10]));
        }

        @Override
        public void cancel() {
            subscriber.onComplete();
        }
    }));

    private final WaitingBytes waiting = new WaitingBytes(100, System::nanoTime, Runnable::run);

    /** The body counts as long as it comes; who has brought nothing for the longest is refused. */
    @Test
    void whenTooMuchWaitsTheOneIsRefusedThatBringsNothing() {
        TestPublisher<DataBuffer> slow = TestPublisher.create();
        TestPublisher<DataBuffer> other = TestPublisher.create();
        StepVerifier.create(new RequestBody(slow.flux(), -1, 1_000, () -> true, waiting, Runnable::run))
                .then(() -> slow.next(NettyRequest.BUFFERS.wrap(new byte[60])))
                .expectNextCount(1)
                .then(() -> {
                    StepVerifier.create(new RequestBody(other.flux(), -1, 1_000, () -> true, waiting, Runnable::run))
                            .then(() -> other.next(NettyRequest.BUFFERS.wrap(new byte[60])))
                            .expectNextCount(1)
                            .then(other::complete)
                            .expectComplete()
                            .verify(LIMIT);
                })
                .expectErrorMatches(error -> error instanceof ProblemException refusal
                        && refusal.problem() == Problem.QUEUE_FULL
                        && refusal.closes())
                .verify(LIMIT);
        slow.assertCancelled();
        assertThat(waiting.held()).isZero();
        assertThat(waiting.evicted()).isEqualTo(1);
    }

    @Test
    void whoHasCancelledHearsNothingMore() {
        List<Object> heard = new ArrayList<>();
        new RequestBody(PIECES, 100, 1_000, () -> false, waiting, Runnable::run).subscribe(new CoreSubscriber<>() {

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
