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
 * Takes in bodies. A small one stays in memory and is written together with its head; a longer one is written in pieces of
 * equal size (the last may be shorter) while it arrives, more being asked for when what came before is written, so that
 * memory holds about one piece of each body, however long it is. If it does not arrive whole, its pieces are discarded.
 *
 * <p>While the journal is away a request fails at once, because its client can send it again. A response cannot be had again:
 * its pieces are written again and again for as long as its claim holds.
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
     * Takes in the body of a request.
     *
     * @param fingerprint fed with each byte, if given
     * @param sink told of errors; when it is cancelled before the end of the body, nothing is kept
     * @param whole called once with the complete body, all pieces of which are written: from then on they belong to who is
     *     called
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
     * Takes in the response to a claimed job, as {@link #request} does.
     *
     * @param holds whether the claim under which it comes in still holds, from any thread
     */
    public void response(
            BodyName name, Flux<byte[]> body, BooleanSupplier holds, MonoSink<?> sink, Consumer<Body> whole) {
        receive(body, new Receiver(name, null, holds, sink, whole));
    }

    /** Fails what is coming in, and what comes later. */
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
            receiver.fail(closedError()); // for one that came just then
        }
    }

    private static IllegalStateException closedError() {
        return new IllegalStateException("the journal is closed");
    }

    /**
     * One body. Signals of the body and of the writer come on different threads and may overlap (a body may end while its
     * last piece is being written); the lock is held for moments only.
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
                    return; // goes on when the piece is written
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
                over = !writing; // from here on the pieces belong to whoever is told of the whole
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
                pieces.discard(name); // for whatever was written all the same
            } else if (claim == null || !isPassing(error)) {
                giveUp(error);
            } else if (!claim.getAsBoolean()) {
                giveUp(new StaleClaimException(name.job()));
            } else {
                writeAgain(next, pause);
            }
        }

        private static boolean isPassing(Throwable error) {
            return error instanceof JournalUnavailableException || error instanceof JournalOverloadedException;
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

        /** Gives up on a body that is still coming in. */
        void fail(Throwable error) {
            if (abandon()) {
                sink.error(error);
            }
        }

        /** Removes what was written of a body that will not be whole; false if it is over already. */
        private boolean abandon() {
            boolean discard;
            synchronized (this) {
                if (over) {
                    return false;
                }
                over = true;
                buffer.clear();
                discard = written > 0 && !writing; // else when what is on its way has come there
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
