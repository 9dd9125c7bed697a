package dev.sluice.ingress.exchange;

import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import dev.sluice.waiting.Share;
import dev.sluice.waiting.WaitingBytes;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * The body of a request as byte arrays, which completes only if all of it has come: Reactor Netty's own stream also
 * completes when an exchange is given up in the middle. Fails with {@code body-too-large} as soon as it is longer than its
 * route takes, with {@code bad-request} if it is broken or ends too early, with {@code queue-full} if too much waits for all
 * clients and nothing of this body has come for the longest. For one subscription.
 */
public final class RequestBody extends Flux<byte[]> {

    /** The most of a body that is in memory: a piece that is being written, and what is gathered for the next. */
    private static final long MOST = 128 * 1024;

    private final Flux<DataBuffer> received;
    private final long announced;
    private final long limit;
    private final BooleanSupplier ended;
    private final WaitingBytes waiting;
    private final Executor loop;
    private volatile boolean whole;

    /**
     * Wraps a body.
     *
     * @param announced bytes it says it has; -1 if it does not say
     * @param limit bytes it may have
     * @param ended whether the last piece has come, which is asked when the length was not announced
     * @param loop the event loop on which it comes
     */
    RequestBody(
            Flux<DataBuffer> received,
            long announced,
            long limit,
            BooleanSupplier ended,
            WaitingBytes waiting,
            Executor loop) {
        this.received = received;
        this.announced = announced;
        this.limit = limit;
        this.ended = ended;
        this.waiting = waiting;
        this.loop = loop;
    }

    /** Whether all of it was read. */
    boolean whole() {
        return whole;
    }

    @Override
    public void subscribe(CoreSubscriber<? super byte[]> subscriber) {
        received.subscribe(new Receiver(subscriber));
    }

    private final class Receiver implements CoreSubscriber<DataBuffer>, Subscription {

        private final CoreSubscriber<? super byte[]> subscriber;
        private final Share share;
        private Subscription upstream = Operators.emptySubscription();
        private long bytes;
        private volatile boolean done;

        Receiver(CoreSubscriber<? super byte[]> subscriber) {
            this.subscriber = subscriber;
            this.share = waiting.open(() -> loop.execute(() -> fail(Problems.noRoom())));
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            upstream = subscription;
            subscriber.onSubscribe(this);
        }

        @Override
        public void onNext(DataBuffer piece) {
            if (done) {
                DataBufferUtils.release(piece);
                return;
            }
            byte[] copy = new byte[piece.readableByteCount()];
            piece.read(copy);
            DataBufferUtils.release(piece);
            bytes += copy.length;
            if (bytes > limit) {
                fail(Problems.tooLarge(limit));
                return;
            }
            share.hold(Math.min(bytes, MOST));
            share.give(0); // it came, whether or not more is in memory now
            subscriber.onNext(copy);
        }

        private void fail(ProblemException refusal) {
            if (!done) {
                upstream.cancel();
                onError(refusal);
            }
        }

        @Override
        public void onError(Throwable error) {
            if (!done) {
                done = true;
                share.close();
                subscriber.onError(error);
            }
        }

        @Override
        public void onComplete() {
            if (done) {
                return;
            }
            done = true;
            share.close();
            whole = announced >= 0 ? bytes == announced : ended.getAsBoolean();
            if (whole) {
                subscriber.onComplete();
            } else {
                subscriber.onError(broken());
            }
        }

        @Override
        public void request(long n) {
            upstream.request(n);
        }

        @Override
        public void cancel() {
            done = true; // Reactor Netty completes what is cancelled while it hands on a piece
            share.close();
            upstream.cancel();
        }
    }

    private static ProblemException broken() {
        return new ProblemException(
                        Problem.BAD_REQUEST,
                        "The request body is malformed or ends before its end; nothing was accepted. Send it whole.")
                .closing();
    }
}
