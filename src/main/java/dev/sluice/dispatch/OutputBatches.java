package dev.sluice.dispatch;

import dev.sluice.job.Output;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/**
 * The body of a streamed response as batches of pieces. The first complete unit goes at once; those that follow within
 * {@link #JOIN} of the latest batch go together when that time is over, or earlier if they make up a whole piece. While there is no
 * demand, up to {@link #MOST_HELD} bytes are gathered, and then no more of the body is requested. If nothing could be sent for
 * {@link #JOIN} after the head, an empty piece announces the response. When the body breaks, what had arrived of it is sent first, and
 * the error when the subscriber is ready for another batch, so that it does not overtake the recording of the last.
 *
 * <p>Signals arrive on the threads of the body, of the subscriber and of the scheduler; whichever finds the drain loop idle runs it.
 */
final class OutputBatches extends Flux<List<Output>> {

    /** The longest time that a unit waits for others to be joined with. */
    static final Duration JOIN = Duration.ofMillis(20);

    /** The bytes of the body, beyond which no more is requested. */
    static final int MOST_HELD = 64 * 1024;

    private final Flux<byte[]> body;
    private final OutputChunker chunker;
    private final Scheduler scheduler;

    /** Creates the batches of one body, for one subscriber. */
    OutputBatches(Flux<byte[]> body, OutputChunker chunker, Scheduler scheduler) {
        this.body = body;
        this.chunker = chunker;
        this.scheduler = scheduler;
    }

    @Override
    public void subscribe(CoreSubscriber<? super List<Output>> subscriber) {
        body.subscribe(new Cutting(subscriber));
    }

    private final class Cutting implements CoreSubscriber<byte[]>, Subscription {

        private final CoreSubscriber<? super List<Output>> subscriber;
        private final AtomicLong requested = new AtomicLong();
        private final AtomicInteger pending = new AtomicInteger(1); // held until onSubscribe has passed
        private final Disposable.Swap timer = Disposables.swap();
        private Subscription source = Operators.emptySubscription();

        private volatile byte @Nullable [] arrived;
        private volatile boolean ended;
        private volatile @Nullable Throwable failure;
        private volatile boolean timeOver;
        private volatile boolean over;

        // Owned by the drain loop.
        private boolean asked;
        private boolean sent;
        private boolean resting;

        Cutting(CoreSubscriber<? super List<Output>> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            source = subscription;
            subscriber.onSubscribe(this);
            rest();
            drainLoop();
        }

        @Override
        public void onNext(byte[] piece) {
            arrived = piece;
            drain();
        }

        @Override
        public void onError(Throwable error) {
            failure = error;
            ended = true;
            drain();
        }

        @Override
        public void onComplete() {
            ended = true;
            drain();
        }

        @Override
        public void request(long n) {
            if (Operators.validate(n)) {
                requested.accumulateAndGet(n, Operators::addCap);
                drain();
            }
        }

        @Override
        public void cancel() {
            over = true;
            source.cancel();
            timer.dispose();
        }

        private void onTimer() {
            timeOver = true;
            drain();
        }

        private void rest() {
            resting = true;
            timer.update(scheduler.schedule(this::onTimer, JOIN.toMillis(), TimeUnit.MILLISECONDS));
        }

        private void drain() {
            if (pending.getAndIncrement() == 0) {
                drainLoop();
            }
        }

        private void drainLoop() {
            int missed = pending.get();
            do {
                step();
                missed = pending.addAndGet(-missed);
            } while (missed != 0);
        }

        private void step() {
            boolean last = ended; // before what has arrived
            byte[] piece = arrived;
            if (piece != null) {
                arrived = null;
                asked = false;
                chunker.add(piece);
            }
            if (timeOver) {
                timeOver = false;
                resting = false;
            }
            if (over) {
                return;
            } else if (last) {
                end();
            } else {
                send();
                askForMore();
            }
        }

        private void send() {
            if (requested.get() == 0) {
                return;
            }
            int ready = chunker.ready();
            if (ready > 0 && (!sent || !resting || ready >= OutputChunker.MOST)) {
                sent = true;
                rest();
                next(chunker.take());
            } else if (ready == 0 && !sent && !resting) {
                resting = true; // never to be announced again; what comes first goes at once
                next(List.of(chunker.beginning()));
            }
        }

        private void askForMore() {
            if (!asked && !over && chunker.held() < MOST_HELD) {
                asked = true;
                source.request(1);
            }
        }

        private void end() {
            if (chunker.held() > 0) {
                if (requested.get() == 0) {
                    return;
                }
                next(chunker.takeAll());
            }
            Throwable error = failure;
            if (over || (error != null && requested.get() == 0)) {
                return;
            }
            over = true;
            timer.dispose();
            if (error == null) {
                subscriber.onComplete();
            } else {
                subscriber.onError(error);
            }
        }

        private void next(List<Output> batch) {
            if (requested.get() != Long.MAX_VALUE) {
                requested.decrementAndGet();
            }
            subscriber.onNext(batch);
        }
    }
}
