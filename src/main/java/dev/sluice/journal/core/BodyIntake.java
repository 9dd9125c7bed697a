package dev.sluice.journal.core;

import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.StaleClaimException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Receives bodies. A small body stays in memory and is written together with its head. A longer one is written in
 * pieces of equal size (the last may be shorter) as it arrives; more is requested only when the previous piece is
 * written, so that memory holds about one piece of each body, whatever its length. If a body does not arrive
 * completely, its pieces are discarded.
 *
 * <p>While the journal is unavailable a request fails at once, because its client can repeat it. A response cannot be
 * repeated: writing its pieces is retried for as long as its claim is valid.
 */
public final class BodyIntake {

    /** The longest body that is written together with its head. */
    public static final int INLINE = 32 * 1024;

    /** The size of a piece. */
    public static final int PIECE = 64 * 1024;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final PieceStore pieces;
    private final Set<Receiver> receiving = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** Begins with nothing. */
    public BodyIntake(PieceStore pieces) {
        this.pieces = pieces;
    }

    /**
     * Receives the body of a request.
     *
     * @param fingerprint updated with each byte, if given
     * @param sink told of errors; when it is cancelled before the end of the body, nothing is kept
     * @param whole called once with the complete body when all its pieces are written; from then on the callee owns
     *     them
     */
    public void request(
            BodyName name,
            Flux<byte[]> body,
            @Nullable Fingerprint fingerprint,
            MonoSink<?> sink,
            Consumer<Body> whole) {
        receive(body, new Receiver(name, fingerprint, null, sink, whole));
    }

    /**
     * Receives the response to a claimed job, as {@link #request} does.
     *
     * @param holds whether the claim is still valid; called on any thread
     */
    public void response(
            BodyName name, Flux<byte[]> body, BooleanSupplier holds, MonoSink<?> sink, Consumer<Body> whole) {
        receive(body, new Receiver(name, null, holds, sink, whole));
    }

    /** Receives an answer that its sender can repeat, as {@link #request} does. */
    public void answer(BodyName name, Flux<byte[]> body, MonoSink<?> sink, Consumer<Body> whole) {
        receive(body, new Receiver(name, null, null, sink, whole));
    }

    /** Fails the bodies being received, and later ones. */
    public void close() {
        closed = true;
        receiving.forEach(receiver -> receiver.fail(closedError()));
    }

    private void receive(Flux<byte[]> body, Receiver receiver) {
        if (closed) {
            receiver.sink.error(closedError());
            return;
        }
        body.subscribe(receiver);
        if (closed) {
            receiver.fail(closedError()); // for one registered concurrently
        }
    }

    /** Whether what failed with this error may succeed later. */
    static boolean isPassing(Throwable error) {
        return error instanceof JournalUnavailableException || error instanceof JournalOverloadedException;
    }

    private static IllegalStateException closedError() {
        return new IllegalStateException("the journal is closed");
    }

    /**
     * One body. Signals of the body and of the writer arrive on different threads and may overlap (a body may end while
     * its last piece is being written); the lock is held for moments only.
     */
    private final class Receiver extends BaseSubscriber<byte[]> {

        private final BodyName name;
        private final @Nullable Fingerprint fingerprint;
        private final @Nullable BooleanSupplier claim;
        private final MonoSink<?> sink;
        private final Consumer<Body> whole;
        private final PieceBuffer buffer = new PieceBuffer();
        private long size;
        private int written;
        private boolean writing;
        private boolean ended;
        private boolean over;

        Receiver(
                BodyName name,
                @Nullable Fingerprint fingerprint,
                @Nullable BooleanSupplier claim,
                MonoSink<?> sink,
                Consumer<Body> whole) {
            this.name = name;
            this.fingerprint = fingerprint;
            this.claim = claim;
            this.sink = sink;
            this.whole = whole;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            receiving.add(this);
            sink.onCancel(this::abandon);
            subscription.request(1);
        }

        @Override
        protected void hookOnNext(byte[] bytes) {
            List<byte[]> next = List.of();
            synchronized (this) {
                if (over) {
                    return;
                }
                if (fingerprint != null) {
                    fingerprint.add(bytes);
                }
                buffer.add(bytes);
                size += bytes.length;
                if (buffer.bytes() >= PIECE) {
                    next = buffer.takePieces(PIECE);
                    writing = true;
                }
            }
            if (next.isEmpty()) {
                request(1);
            } else {
                write(next);
            }
        }

        @Override
        protected void hookOnComplete() {
            synchronized (this) {
                ended = true;
                if (writing || over) {
                    return; // resumes when the piece is written
                }
            }
            end();
        }

        @Override
        protected void hookOnError(Throwable error) {
            fail(error);
        }

        private void end() {
            byte[] rest;
            boolean small;
            synchronized (this) {
                if (over) {
                    return;
                }
                rest = buffer.take();
                small = written == 0 && rest.length <= INLINE;
                writing = !small && rest.length > 0;
                over = !writing; // from here on the callee of whole owns the pieces
            }
            if (writing) {
                write(List.of(rest));
            } else {
                receiving.remove(this);
                whole.accept(small ? new Body(size, 0, rest) : new Body(size, written, new byte[0]));
            }
        }

        private void write(List<byte[]> next) {
            Mono.defer(() -> pieces.write(name, written, next))
                    .subscribe(null, error -> notWritten(next, error, FIRST_PAUSE), () -> written(next.size()));
        }

        private void writeAgain(List<byte[]> next, Duration pause) {
            Duration longer =
                    pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            Mono.delay(pause)
                    .then(Mono.defer(() -> isOver() ? Mono.empty() : pieces.write(name, written, next)))
                    .subscribe(null, error -> notWritten(next, error, longer), () -> written(next.size()));
        }

        private void written(int more) {
            boolean abandoned;
            boolean last;
            synchronized (this) {
                writing = false;
                written += more;
                abandoned = over;
                last = ended;
            }
            if (abandoned) {
                pieces.discard(name);
            } else if (last) {
                end();
            } else {
                request(1);
            }
        }

        private void notWritten(List<byte[]> next, Throwable error, Duration pause) {
            if (isOver()) {
                pieces.discard(name); // whatever was written nevertheless
            } else if (claim == null || !isPassing(error)) {
                giveUp(error);
            } else if (!claim.getAsBoolean()) {
                giveUp(new StaleClaimException(name.job()));
            } else {
                writeAgain(next, pause);
            }
        }

        private void giveUp(Throwable error) {
            synchronized (this) {
                writing = false;
                written++; // maybe
            }
            fail(error);
        }

        private synchronized boolean isOver() {
            return over;
        }

        /** Aborts a body that is still being received. */
        void fail(Throwable error) {
            if (abandon()) {
                sink.error(error);
            }
        }

        /** Discards an incomplete body; false if it has already ended. */
        private boolean abandon() {
            boolean discard;
            synchronized (this) {
                if (over) {
                    return false;
                }
                over = true;
                buffer.clear();
                discard = written > 0 && !writing; // otherwise when the write under way has ended
            }
            receiving.remove(this);
            cancel();
            if (discard) {
                pieces.discard(name);
            }
            return true;
        }
    }
}
