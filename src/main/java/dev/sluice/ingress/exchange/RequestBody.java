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
 * The body of a request as byte arrays, which completes only if it is complete: Reactor Netty's own stream also completes when
 * an exchange is aborted. Fails with {@code body-too-large} as soon as it exceeds the limit of its route, with
 * {@code bad-request} if it is malformed or truncated, with {@code queue-full} if memory for bodies is short and this one has
 * been stalled for the longest. For one subscriber.
 */
final class RequestBody extends Flux<byte[]> {

    /** Bytes of a body in memory, at most: a piece that is being written, and the next that is being collected. */
    private static final long MOST = 128 * 1024;

    private final Flux<DataBuffer> received;
    private final long announced;
    private final long limit;
    private final BooleanSupplier ended;
    private final WaitingBytes waiting;
    private final Executor loop;
    private volatile boolean whole;

    /**
     * Creates a body.
     *
     * @param announced the announced length in bytes; -1 for none
     * @param limit the largest number of bytes
     * @param ended whether the last piece has arrived; for a body without an announced length
     * @param loop the event loop of the exchange
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

    /** Whether the body was read completely. */
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
            share.give(0); // notes that the body is not stalled
            subscriber.onNext(copy);
        }

        private void fail(ProblemException problem) {
            if (!done) {
                upstream.cancel();
                onError(problem);
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
            done = true; // Reactor Netty completes a body that is cancelled in onNext
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
